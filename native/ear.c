/**
 * The ear: a small native thread beside a JavaScript thread. It sleeps on a word of the memory (the
 * doorbell), and when that has changed it posts to the thread's event loop, which looks at its gates.
 *
 * Why not something that a loop has already: an eventfd would need a descriptor of each loop in each process;
 * libuv's pool has four threads, which must not sleep; FUTEX_WAITV takes 128 words, and there are more gates.
 *
 * Why no ring is lost: the word is read for the first time in `listen`, so a ring after that is seen, however
 * late the ear begins. It sleeps only while the word is what it has seen last. What it posts is one call at a
 * time: `isPosted` is cleared before JavaScript is called, so a ring after the clearing posts again, and what
 * was rung before it JavaScript finds when it looks.
 *
 * Where the thread ends: its environment's clean-up hook stops the ear and joins it, before the environment
 * lets go of the memory and the engine unmaps it. A look at the word after that would be SIGSEGV. The ear is
 * never in JavaScript, so nothing that the thread does can keep the hook waiting. `process.exit()` in the
 * main thread runs no hook, and unmaps nothing either: the ear ends with the process. A killed process
 * leaves nothing.
 */
#define _GNU_SOURCE
#include "ear.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "arguments.h"
#include "futex.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif

/** glibc asks for 128 KiB at least on arm64. What is not touched costs nothing. */
#define STACK (256 * 1024)
/** It is stopped in its sleep; this is as good as for ever. */
#define LONG_NS 3600000000000

typedef struct {
  napi_threadsafe_function post;
  uint32_t *bell;
  /** What the bell was when JavaScript had looked, or was about to. */
  uint32_t seen;
  Sleeper sleeper;
  uint32_t isPosted;
  /** The loop does not take calls any more, and with this answer the ear's part in the function is gone. */
  bool isClosed;
  pthread_t thread;
} Ear;

static void *earRuns(void *data) {
  Ear *ear = data;
#ifdef __linux__
  prctl(PR_SET_NAME, "nogil ear");
#endif
  while (sleeperSleep(&ear->sleeper, ear->bell, ear->seen, LONG_NS) != FAILED) {
    if (__atomic_load_n(&ear->sleeper.isStopped, __ATOMIC_SEQ_CST) != 0) break;
    uint32_t now = __atomic_load_n(ear->bell, __ATOMIC_SEQ_CST);
    if (now == ear->seen) continue;
    ear->seen = now;
    if (__atomic_exchange_n(&ear->isPosted, 1, __ATOMIC_SEQ_CST) != 0) continue;
    napi_status status = napi_call_threadsafe_function(ear->post, NULL, napi_tsfn_nonblocking);
    if (status == napi_closing) {
      ear->isClosed = true;
      break;
    }
    // Not posted: the next ring tries again.
    if (status != napi_ok) __atomic_store_n(&ear->isPosted, 0, __ATOMIC_SEQ_CST);
  }
  return NULL;
}

/** On the loop. Without an environment: what was posted is only taken away, and the ear may be freed. */
static void earPosted(napi_env env, napi_value heard, void *context, void *data) {
  (void)data;
  if (env == NULL) return;
  Ear *ear = context;
  napi_value undefined, error;
  // ORDERING: before the call. What rings from here on, JavaScript may miss: it is posted again.
  __atomic_store_n(&ear->isPosted, 0, __ATOMIC_SEQ_CST);
  if (napi_get_undefined(env, &undefined) != napi_ok) return;
  if (napi_call_function(env, undefined, heard, 0, NULL, NULL) != napi_pending_exception) return;
  // As an error of any other callback: 'uncaughtException'.
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}

/** The clean-up hook. */
static void earEnds(void *data) {
  Ear *ear = data;
  // Other ears wake for nothing.
  sleeperStop(&ear->sleeper);
  pthread_join(ear->thread, NULL);
  if (!ear->isClosed) napi_release_threadsafe_function(ear->post, napi_tsfn_release);
}

static void earFreed(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  free(data);
}

/** Signals are for Node's threads. @returns 0, or the errno */
static int startThread(Ear *ear) {
  pthread_attr_t attributes;
  sigset_t all, before;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  error = pthread_attr_setstacksize(&attributes, STACK);
  if (error == 0) {
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&ear->thread, &attributes, earRuns, ear);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
  pthread_attr_destroy(&attributes);
  return error;
}

/** An ear that has all but its thread; NULL: it has thrown. `memory`: where the bell lies, NULL: in no memory. */
static Ear *earFor(napi_env env, napi_ref memory, uint32_t *bell, napi_value heard) {
  napi_value name, bytes;
  napi_ref kept;
  Ear *ear = calloc(1, sizeof *ear);
  if (ear == NULL) {
    throwErrno(env, "no ear", ENOMEM);
    return NULL;
  }
  ear->bell = bell;
  // Now, not when the ear begins: the caller goes to sleep as soon as this returns.
  ear->seen = __atomic_load_n(bell, __ATOMIC_SEQ_CST);
  // A reference of its own, which goes with the environment: the thread may take another memory.
  if ((memory == NULL || (napi_get_reference_value(env, memory, &bytes) == napi_ok &&
                          napi_create_reference(env, bytes, 1, &kept) == napi_ok)) &&
      napi_create_string_utf8(env, "nogil ear", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_create_threadsafe_function(env, heard, NULL, name, 0, 1, ear, earFreed, ear, earPosted, &ear->post) == napi_ok) {
    return ear;
  }
  free(ear);
  napi_throw_error(env, NULL, "the loop takes no calls any more");
  return NULL;
}

void earBegin(napi_env env, napi_ref memory, uint32_t *bell, napi_value heard) {
  Ear *ear = earFor(env, memory, bell, heard);
  if (ear == NULL) return;
  int error = startThread(ear);
  if (error != 0) {
    // It frees the ear.
    napi_release_threadsafe_function(ear->post, napi_tsfn_abort);
    throwErrno(env, "no thread for the ear", error);
    return;
  }
  napi_unref_threadsafe_function(env, ear->post);
  // Hooks run in reverse: this one before that of the function, and that of the environment's references.
  if (napi_add_env_cleanup_hook(env, earEnds, ear) != napi_ok) {
    earEnds(ear);
    napi_throw_error(env, NULL, "this thread is ending");
  }
}

napi_value earListen(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  uint32_t *bell;
  Thread *thread = readArguments(env, info, 2, argv);
  if (thread == NULL || !readWord(env, thread, argv[0], &bell) || !readFunction(env, argv[1], "heard")) return NULL;
  earBegin(env, thread->memory, bell, argv[1]);
  return NULL;
}
