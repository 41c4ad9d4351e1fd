/** Sleeping and waking, as the core calls it; sleep.c says more. */
#ifndef NOGIL_SLEEP_H
#define NOGIL_SLEEP_H

#include "thread.h"

/**
 * wait(p, expected, timeoutMs) -> 0 woken; 1 the word was not `expected`, or the sleep was broken off; 2 timed
 * out. Infinity: for ever.
 */
napi_value sleepWait(napi_env env, napi_callback_info info);

/** notify(p, count) -> how many were woken, in all processes. count -1: all. */
napi_value sleepNotify(napi_env env, napi_callback_info info);

#endif
