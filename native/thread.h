/**
 * What this part keeps for each JavaScript thread of the process; thread.c says how it ends.
 */
#ifndef NOGIL_THREAD_H
#define NOGIL_THREAD_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stddef.h>
#include <stdint.h>

#include "sleeper.h"

typedef struct Thread {
  /** The memory that is mapped or adopted here; NULL before. */
  uint8_t *base;
  size_t size;
  /** Keeps the engine from unmapping it while this thread may sleep on it. */
  napi_ref memory;
  Sleeper sleeper;
  /** Node's number of the thread; -1: it has not said it. */
  int32_t id;
  struct Thread *next;
} Thread;

/** The state of the thread that loads the addon, while its environment lives. NULL: it has thrown. */
Thread *threadBegins(napi_env env);

/** enter(threadId): Node's number of this thread, by which `stop` finds it. */
napi_value threadEnter(napi_env env, napi_callback_info info);

/** stop(threadId) -> boolean: that thread's sleep ends, and it never sleeps here again. False: unknown. */
napi_value threadStop(napi_env env, napi_callback_info info);

/** close(): from now on no thread of this process sleeps here. */
napi_value threadClose(napi_env env, napi_callback_info info);

#endif
