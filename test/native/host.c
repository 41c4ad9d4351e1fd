/**
 * A program that loads the native part without Node, to see that it finds what it wants in another C library:
 * there is no Node for musl in the registries. It has as much of Node-API as the native part calls, creates
 * and maps a memory, sleeps, is woken by another process, and listens. scripts/native-check.mjs compiles and
 * runs it.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <dlfcn.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 65536
#define EXPORTED __attribute__((visibility("default")))

enum Kind { NUMBER, TEXT, BYTES, FUNCTION };
struct napi_value__ {
  enum Kind kind;
  double number;
  const char *text;
  void *bytes;
  napi_callback call;
  void *data;
};
struct napi_callback_info__ {
  size_t count;
  napi_value *arguments;
  void *data;
};
struct napi_threadsafe_function__ {
  napi_threadsafe_function_call_js call;
  void *context;
};

static struct napi_value__ functions[20];
static size_t count;
static const char *thrown;
static int rung, hooked;
static void (*hook)(void *);
static void *hookData;

static napi_value valueOf(struct napi_value__ value) {
  napi_value made = malloc(sizeof *made);
  *made = value;
  return made;
}

#define API EXPORTED napi_status
API napi_get_cb_info(napi_env env, napi_callback_info info, size_t *given, napi_value *argv, napi_value *self, void **data) {
  (void)env, (void)self;
  for (size_t i = 0; i < *given && i < info->count; i++) argv[i] = info->arguments[i];
  *given = info->count;
  *data = info->data;
  return napi_ok;
}
API napi_get_value_double(napi_env env, napi_value value, double *result) {
  (void)env;
  *result = value->number;
  return value->kind == NUMBER ? napi_ok : napi_number_expected;
}
API napi_get_value_int32(napi_env env, napi_value value, int32_t *result) {
  (void)env;
  *result = (int32_t)value->number;
  return value->kind == NUMBER ? napi_ok : napi_number_expected;
}
API napi_get_value_uint32(napi_env env, napi_value value, uint32_t *result) {
  return napi_get_value_int32(env, value, (int32_t *)result);
}
API napi_is_typedarray(napi_env env, napi_value value, bool *result) {
  (void)env;
  *result = value->kind == BYTES;
  return napi_ok;
}
API napi_get_typedarray_info(napi_env env, napi_value value, napi_typedarray_type *type, size_t *length, void **data,
                             napi_value *buffer, size_t *offset) {
  (void)env;
  *type = napi_uint8_array, *length = SIZE, *data = value->bytes, *buffer = value, *offset = 0;
  return napi_ok;
}
API napi_is_arraybuffer(napi_env env, napi_value value, bool *result) {
  (void)env, (void)value;
  *result = false;
  return napi_ok;
}
API napi_typeof(napi_env env, napi_value value, napi_valuetype *type) {
  (void)env;
  *type = value->kind == FUNCTION ? napi_function : napi_number;
  return napi_ok;
}
API napi_create_int32(napi_env env, int32_t number, napi_value *result) {
  (void)env;
  *result = valueOf((struct napi_value__){.kind = NUMBER, .number = number});
  return napi_ok;
}
API napi_get_boolean(napi_env env, bool value, napi_value *result) { return napi_create_int32(env, value, result); }
API napi_get_undefined(napi_env env, napi_value *result) { return napi_create_int32(env, 0, result); }
API napi_create_string_utf8(napi_env env, const char *text, size_t length, napi_value *result) {
  (void)env, (void)length;
  *result = valueOf((struct napi_value__){.kind = TEXT, .text = strdup(text)});
  return napi_ok;
}
API napi_create_error(napi_env env, napi_value code, napi_value text, napi_value *result) {
  (void)env, (void)code;
  *result = text;
  return napi_ok;
}
API napi_throw(napi_env env, napi_value error) {
  (void)env;
  thrown = error->text;
  return napi_ok;
}
API napi_throw_error(napi_env env, const char *code, const char *text) {
  (void)env, (void)code;
  thrown = text;
  return napi_ok;
}
API napi_throw_type_error(napi_env env, const char *code, const char *text) { return napi_throw_error(env, code, text); }
API napi_throw_range_error(napi_env env, const char *code, const char *text) { return napi_throw_error(env, code, text); }
API napi_create_function(napi_env env, const char *name, size_t length, napi_callback call, void *data, napi_value *result) {
  (void)env, (void)length;
  *result = &functions[count++];
  **result = (struct napi_value__){.kind = FUNCTION, .text = name, .call = call, .data = data};
  return napi_ok;
}
API napi_set_named_property(napi_env env, napi_value object, const char *name, napi_value value) {
  (void)env, (void)object, (void)name, (void)value;
  return napi_ok;
}
API napi_set_instance_data(napi_env env, void *data, napi_finalize finalize, void *hint) {
  (void)env, (void)data, (void)finalize, (void)hint;
  return napi_ok;
}
API napi_create_reference(napi_env env, napi_value value, uint32_t initial, napi_ref *result) {
  (void)env, (void)initial;
  *result = (napi_ref)value;
  return napi_ok;
}
API napi_delete_reference(napi_env env, napi_ref reference) {
  (void)env, (void)reference;
  return napi_ok;
}
API napi_get_reference_value(napi_env env, napi_ref reference, napi_value *result) {
  (void)env;
  *result = (napi_value)reference;
  return napi_ok;
}
API napi_call_function(napi_env env, napi_value self, napi_value fn, size_t argc, const napi_value *argv, napi_value *result) {
  (void)env, (void)self, (void)fn, (void)argc, (void)argv, (void)result;
  __atomic_add_fetch(&rung, 1, __ATOMIC_SEQ_CST);
  return napi_ok;
}
API napi_get_and_clear_last_exception(napi_env env, napi_value *result) { return napi_get_undefined(env, result); }
API napi_fatal_exception(napi_env env, napi_value error) { return napi_throw(env, error); }
API napi_create_threadsafe_function(napi_env env, napi_value fn, napi_value resource, napi_value name, size_t most,
                                    size_t threads, void *data, napi_finalize finalize, void *context,
                                    napi_threadsafe_function_call_js call, napi_threadsafe_function *result) {
  (void)env, (void)fn, (void)resource, (void)name, (void)most, (void)threads, (void)data, (void)finalize;
  *result = malloc(sizeof **result);
  (*result)->call = call, (*result)->context = context;
  return napi_ok;
}
API napi_call_threadsafe_function(napi_threadsafe_function fn, void *data, napi_threadsafe_function_call_mode mode) {
  (void)mode;
  fn->call((napi_env)fn, NULL, fn->context, data);
  return napi_ok;
}
API napi_release_threadsafe_function(napi_threadsafe_function fn, napi_threadsafe_function_release_mode mode) {
  (void)fn, (void)mode;
  return napi_ok;
}
API napi_unref_threadsafe_function(napi_env env, napi_threadsafe_function fn) {
  (void)env, (void)fn;
  return napi_ok;
}
API napi_add_env_cleanup_hook(napi_env env, void (*fn)(void *), void *data) {
  (void)env;
  hook = fn, hookData = data, hooked++;
  return napi_ok;
}

static napi_value number(double value) { return valueOf((struct napi_value__){.kind = NUMBER, .number = value}); }

static double call(const char *name, size_t argc, napi_value a, napi_value b, napi_value c) {
  napi_value argv[] = {a, b, c};
  for (size_t i = 0; i < count; i++) {
    if (strcmp(functions[i].text, name) != 0) continue;
    struct napi_callback_info__ info = {.count = argc, .arguments = argv, .data = functions[i].data};
    thrown = NULL;
    napi_value result = functions[i].call((napi_env)&info, &info);
    return result == NULL ? -1 : result->number;
  }
  return -2;
}

static void expect(bool isTrue, const char *what) {
  if (isTrue) return;
  fprintf(stderr, "not so: %s (thrown: %s)\n", what, thrown ? thrown : "nothing");
  exit(1);
}

int main(int argc, char **argv) {
  (void)argc;
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  napi_value (*begin)(napi_env, napi_value);
  *(void **)&begin = dlsym(library, "napi_register_module_v1");
  napi_value exports = number(0);
  expect(begin((napi_env)exports, exports) == exports && count == 10, "registered");

  uint32_t *words = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  napi_value bytes = valueOf((struct napi_value__){.kind = BYTES, .bytes = words});
  double fd = call("create", 1, number(SIZE), NULL, NULL);
  expect(fd > 2, "created");
  expect(call("create", 1, number(-1), NULL, NULL) == -1 && strstr(thrown, "bytes must be") != NULL, "a message");
  expect(call("map", 2, bytes, number(fd), NULL) == 0, "mapped");
  expect(call("map", 2, bytes, number(9999), NULL) == 9, "no file");
  expect(call("wait", 3, number(0), number(1), number(0)) == 1, "not equal");
  expect(call("wait", 3, number(0), number(0), number(5)) == 2, "timed out");
  expect(call("wait", 3, number(0), number(0), number(1e9)) == 0, "a slice");

  pid_t child = fork();
  if (child == 0) {
    while (__atomic_load_n(words, __ATOMIC_SEQ_CST) == 0) call("wait", 3, number(0), number(0), number(1e9));
    _exit(7);
  }
  while (call("notify", 2, number(0), number(-1), NULL) == 0) usleep(100);
  __atomic_store_n(words, 1, __ATOMIC_SEQ_CST);
  call("notify", 2, number(0), number(-1), NULL);
  int status;
  expect(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7, "woken in another process");

  napi_value heard = valueOf((struct napi_value__){.kind = FUNCTION});
  call("listen", 2, number(4), heard, NULL);
  expect(thrown == NULL && hooked == 1, "listening");
  for (int i = 1; i <= 100; i++) {
    __atomic_store_n(words + 1, i, __ATOMIC_SEQ_CST);
    call("notify", 2, number(4), number(-1), NULL);
    while (__atomic_load_n(&rung, __ATOMIC_SEQ_CST) < i) usleep(100);
  }
  hook(hookData);
  expect(rung == 100, "heard, each time");
  expect(call("dieWith", 1, number(getppid()), NULL, NULL) == 0, "dies with its parent");
  call("close", 0, NULL, NULL, NULL);
  expect(call("wait", 3, number(8), number(0), number(1e9)) == 0, "closed");
  puts("loaded, mapped, woken, heard");
  return 0;
}
