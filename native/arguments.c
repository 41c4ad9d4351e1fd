/**
 * Reading what JavaScript gave, and throwing what it is to catch.
 *
 * All by Node-API's C functions, whose statuses are looked at. A wrapper in C++ turns each status that is not
 * ok into an exception, and that aborts the program when the thread is just being terminated.
 */
#include "arguments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

Thread *readArguments(napi_env env, napi_callback_info info, size_t count, napi_value *argv) {
  size_t given = count;
  void *thread = NULL;
  if (napi_get_cb_info(env, info, &given, argv, NULL, &thread) != napi_ok) return NULL;
  if (given >= count) return thread;
  napi_throw_type_error(env, NULL, "too few arguments");
  return NULL;
}

bool readInteger(napi_env env, napi_value value, const char *name, double least, double most, double *integer) {
  char message[120];
  if (napi_get_value_double(env, value, integer) != napi_ok) {
    snprintf(message, sizeof message, "%s must be a number", name);
    napi_throw_type_error(env, NULL, message);
    return false;
  }
  // Not a number is in no range; the conversion is only defined within it.
  if (*integer >= least && *integer <= most && *integer == (double)(int64_t)*integer) return true;
  snprintf(message, sizeof message, "%s must be an integer of %.0f to %.0f", name, least, most);
  napi_throw_range_error(env, NULL, message);
  return false;
}

bool readFunction(napi_env env, napi_value value, const char *name) {
  char message[120];
  napi_valuetype type;
  if (napi_typeof(env, value, &type) == napi_ok && type == napi_function) return true;
  snprintf(message, sizeof message, "%s must be a function", name);
  napi_throw_type_error(env, NULL, message);
  return false;
}

bool readMemory(napi_env env, napi_value value, uint8_t **base, size_t *size) {
  napi_typedarray_type type;
  napi_value buffer;
  size_t offset;
  void *data = NULL;
  bool isTyped = false, isPrivate = true;
  if (napi_is_typedarray(env, value, &isTyped) != napi_ok || !isTyped ||
      napi_get_typedarray_info(env, value, &type, size, &data, &buffer, &offset) != napi_ok ||
      // Of a SharedArrayBuffer it says no. Under an ArrayBuffer lies the allocator's memory: hands off.
      napi_is_arraybuffer(env, buffer, &isPrivate) != napi_ok || isPrivate || type != napi_uint8_array) {
    napi_throw_type_error(env, NULL, "bytes must be a Uint8Array over the buffer of a shared WebAssembly.Memory");
    return false;
  }
  if (data == NULL || *size == 0 || offset != 0 || *size % 65536 != 0) {
    napi_throw_range_error(env, NULL, "bytes must be all pages of the memory");
    return false;
  }
  *base = data;
  return true;
}

bool readWord(napi_env env, const Thread *thread, napi_value value, uint32_t **word) {
  uint32_t p;
  if (thread->base == NULL) {
    napi_throw_error(env, NULL, "this thread has no memory yet: map or adopt comes first");
    return false;
  }
  if (napi_get_value_uint32(env, value, &p) != napi_ok) {
    napi_throw_type_error(env, NULL, "an address must be a number");
    return false;
  }
  if (p % 4 != 0 || p > thread->size - 4) {
    napi_throw_range_error(env, NULL, "an address must be that of a word in the memory");
    return false;
  }
  *word = (uint32_t *)(thread->base + p);
  return true;
}

napi_value integer(napi_env env, int32_t value) {
  napi_value result;
  return napi_create_int32(env, value, &result) == napi_ok ? result : NULL;
}

/** Those that the calls here can give. */
static const char *nameOf(int error) {
  switch (error) {
    case EACCES: return "EACCES";
    case EAGAIN: return "EAGAIN";
    case EBADF: return "EBADF";
    case EEXIST: return "EEXIST";
    case EFAULT: return "EFAULT";
    case EINVAL: return "EINVAL";
    case EMFILE: return "EMFILE";
    case ENFILE: return "ENFILE";
    case ENOMEM: return "ENOMEM";
    case ENOSPC: return "ENOSPC";
    case ENOSYS: return "ENOSYS";
    case EPERM: return "EPERM";
    default: return "UNKNOWN";
  }
}

napi_value throwErrno(napi_env env, const char *what, int error) {
  char message[200];
  napi_value code, text, thrown, number;
  snprintf(message, sizeof message, "%s: %s", what, strerror(error));
  if (napi_create_string_utf8(env, nameOf(error), NAPI_AUTO_LENGTH, &code) == napi_ok &&
      napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text) == napi_ok &&
      napi_create_error(env, code, text, &thrown) == napi_ok && napi_create_int32(env, -error, &number) == napi_ok) {
    napi_set_named_property(env, thrown, "errno", number);
    napi_throw(env, thrown);
  }
  return NULL;
}
