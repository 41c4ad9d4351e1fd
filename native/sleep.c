/**
 * The core's wait and notify: a thread sleeps on a word of the memory, and whoever has mapped it wakes it.
 *
 * Why no wake-up is lost: futex-linux.c. A sleep may end for nothing, which every caller must expect.
 *
 * Where a thread or process ends in here: the engine cannot interrupt it, and whoever ends it joins it.
 * Who ends it should say so (thread.c), then it comes back at once. Not everybody does: a program may
 * terminate a worker that is not the package's, and `process.reallyExit` runs no handler. So a sleep is cut
 * into slices, and after each the thread comes back to the engine, which ends it there: wasm at its next loop
 * or call, JavaScript at its next call. (A loop of JavaScript that only calls `wait` is not looked at for
 * thousands of rounds: V8's interpreter looks when a budget is used up.)
 */
#include "sleep.h"

#include <errno.h>

#include "arguments.h"
#include "futex.h"

/** Four wake-ups a second, of some 10 us each. */
#define SLICE_NS 250000000

napi_value sleepWait(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  uint32_t *word;
  int32_t expected;
  double ms;
  Thread *thread = readArguments(env, info, 3, argv);
  if (thread == NULL || !readWord(env, thread, argv[0], &word)) return NULL;
  if (napi_get_value_int32(env, argv[1], &expected) != napi_ok || napi_get_value_double(env, argv[2], &ms) != napi_ok ||
      ms != ms) {
    napi_throw_type_error(env, NULL, "expected and timeoutMs must be numbers");
    return NULL;
  }
  bool isSliced = ms * 1e6 > SLICE_NS;
  int64_t ns = isSliced ? SLICE_NS : ms > 0 ? (int64_t)(ms * 1e6) : 0;
  int result = sleeperSleep(&thread->sleeper, word, (uint32_t)expected, ns);
  if (result == FAILED) return throwErrno(env, "futex wait", errno);
  return integer(env, result == TIMED_OUT && isSliced ? NOT_EQUAL : result);
}

napi_value sleepNotify(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  uint32_t *word;
  int32_t count;
  Thread *thread = readArguments(env, info, 2, argv);
  if (thread == NULL || !readWord(env, thread, argv[0], &word)) return NULL;
  if (napi_get_value_int32(env, argv[1], &count) != napi_ok) {
    napi_throw_type_error(env, NULL, "count must be a number");
    return NULL;
  }
  int woken = futexWake(word, count);
  return woken < 0 ? throwErrno(env, "futex wake", errno) : integer(env, woken);
}
