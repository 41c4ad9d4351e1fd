/**
 * The native part: what processes of the operating system need to share a heap, and JavaScript does not have.
 * Mapping one file over a WebAssembly.Memory, sleeping on its words across processes, hearing of a word's
 * change on an event loop, ending with one's parent, hearing of signals while one is blocked, and passing the
 * file to another program. Everything else is in the core and in src/.
 *
 * Plain C on Node-API, so that one binary serves every version of Node. It is linked against no library: what
 * it calls it finds in the process that loads it, be that glibc or musl.
 *
 * This file is the table of functions, and their registration, which happens once in each thread.
 */
#include "thread.h"

#include "ear.h"
#include "local.h"
#include "memory.h"
#include "process.h"
#include "signals.h"
#include "sleep.h"

/** The digest of these sources and of how they are compiled: scripts/native.mjs. */
#ifndef NOGIL_SOURCES
#error "compile by scripts/native.mjs"
#endif

static const struct {
  const char *name;
  napi_callback call;
} FUNCTIONS[] = {
    {"create", memoryCreate},
    {"map", memoryMap},
    {"adopt", memoryAdopt},
    {"wait", sleepWait},
    {"notify", sleepNotify},
    {"listen", earListen},
    {"enter", threadEnter},
    {"stop", threadStop},
    {"close", threadClose},
    {"dieWith", processDieWith},
    {"hearSignals", signalsHear},
    {"catchSignal", signalsCatch},
    {"hasSignal", signalsAny},
    {"takeSignal", signalsTake},
    {"watchSignal", signalsWatch},
    {"listenAt", localListen},
    {"connect", localConnect},
    {"peer", localPeer},
    {"send", localSend},
    {"receive", localReceive},
    {"hasEnded", localHasEnded},
    {"keep", localKeep},
    {"lock", localLock},
};

NAPI_MODULE_INIT() {
  napi_value value;
  Thread *thread = threadBegins(env);
  if (thread == NULL) return NULL;
  for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
    if (napi_create_function(env, FUNCTIONS[i].name, NAPI_AUTO_LENGTH, FUNCTIONS[i].call, thread, &value) != napi_ok ||
        napi_set_named_property(env, exports, FUNCTIONS[i].name, value) != napi_ok) {
      return NULL;
    }
  }
  if (napi_create_string_utf8(env, NOGIL_SOURCES, NAPI_AUTO_LENGTH, &value) != napi_ok ||
      napi_set_named_property(env, exports, "sources", value) != napi_ok) {
    return NULL;
  }
  return exports;
}
