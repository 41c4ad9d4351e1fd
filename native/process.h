/** What a process has to do with its parent; process.c says how. */
#ifndef NOGIL_PROCESS_H
#define NOGIL_PROCESS_H

#include "thread.h"

/**
 * dieWith(parent) -> 0; this process is killed when the thread that started it ends. 1: process `parent` is
 * not this one's parent (any more). Call it from the main thread.
 */
napi_value processDieWith(napi_env env, napi_callback_info info);

#endif
