/**
 * Reading what JavaScript gave, and throwing what it is to catch. A function that answers false or NULL has
 * thrown: its caller returns NULL.
 */
#ifndef NOGIL_ARGUMENTS_H
#define NOGIL_ARGUMENTS_H

#include <stdbool.h>

#include "thread.h"

/** The state of the calling thread, and its `count` arguments. */
Thread *readArguments(napi_env env, napi_callback_info info, size_t count, napi_value *argv);

/** An integer of `least` to `most`; `name` is for the message. */
bool readInteger(napi_env env, napi_value value, const char *name, double least, double most, double *integer);

/** A function; `name` is for the message. */
bool readFunction(napi_env env, napi_value value, const char *name);

/** A Uint8Array over a SharedArrayBuffer, from its first byte on. */
bool readMemory(napi_env env, napi_value value, uint8_t **base, size_t *size);

/** The word at an address of this thread's memory, which comes as the core's 32 bits, signed or not. */
bool readWord(napi_env env, const Thread *thread, napi_value value, uint32_t **word);

napi_value integer(napi_env env, int32_t value);

/** An Error as Node's own: "what: the system's text", `code` ('ENOMEM') and `errno` (negative). */
napi_value throwErrno(napi_env env, const char *what, int error);

#endif
