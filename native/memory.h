/** One memory in several processes; memory.c says how. */
#ifndef NOGIL_MEMORY_H
#define NOGIL_MEMORY_H

#include "thread.h"

/** create(bytes) -> descriptor of a file without a name, of that size for ever, all zeros. Throws. */
napi_value memoryCreate(napi_env env, napi_callback_info info);

/**
 * map(bytes, fd) -> 0, or the errno. Puts the file in the place of the memory's pages: what they held is
 * gone. The descriptor stays the caller's.
 */
napi_value memoryMap(napi_env env, napi_callback_info info);

/** adopt(bytes): the memory of this thread, that another thread of this process has mapped. */
napi_value memoryAdopt(napi_env env, napi_callback_info info);

#endif
