/**
 * Signals that a blocked thread is to hear of.
 *
 * The library under Node writes each signal into a pipe of the main thread's loop, whose listeners run when that
 * turns. A main thread that is blocked never turns it. So a handler of ours takes the place of that one: it
 * keeps the signal, and rings a bell. Whoever is first takes the signal and has its listeners run: the blocked
 * thread between two slices of its sleep, or the loop, which an ear tells (ear.c).
 *
 * | word      | says                                   | written by          |
 * | --------- | -------------------------------------- | ------------------- |
 * | `pending` | bit n: signal n came, and nobody took it | handler, taker    |
 * | `bell`    | how many came; the ear sleeps on it    | handler             |
 *
 * Why no signal is lost: the handler sets the bit before it rings. A blocked thread looks at the bits before
 * each slice of its sleep; the loop looks after each ring. Several of one number may become one, as in the
 * kernel. The bit is cleared by an exchange, so that one of them has it.
 *
 * A handler runs in any thread, between any two instructions. So it does what is safe there: two atomic
 * operations and a call of the kernel, whose errno it hides. It is there until the library takes it away, with
 * the last listener; the next first listener brings it back (`catchSignal`).
 *
 * Another signal a loop may watch that is never blocked (`watchSignal`): it has a bell of its own, and an ear
 * for each loop. Whoever else comes to handle it has it from then on.
 */
#define _GNU_SOURCE
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#include "arguments.h"
#include "ear.h"
#include "futex.h"

/** Bits of a word. */
#define MOST 31

static uint32_t pending;
static uint32_t bell;

static void cameIn(int number) {
  int before = errno;
  __atomic_fetch_or(&pending, (uint32_t)1 << number, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&bell, 1, __ATOMIC_SEQ_CST);
  futexWake(&bell, -1);
  errno = before;
}

napi_value signalsHear(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  Thread *thread = readArguments(env, info, 1, argv);
  if (thread == NULL || !readFunction(env, argv[0], "heard")) return NULL;
  earBegin(env, NULL, &bell, argv[0]);
  return NULL;
}

napi_value signalsCatch(napi_env env, napi_callback_info info) {
  napi_value argv[1], caught;
  double number;
  struct sigaction action;
  if (readArguments(env, info, 1, argv) == NULL) return NULL;
  if (!readInteger(env, argv[0], "number", 1, MOST, &number)) return NULL;
  if (sigaction((int)number, NULL, &action) != 0) return throwErrno(env, "the signal cannot be caught", errno);
  bool isHandled = (action.sa_flags & SA_SIGINFO) != 0 || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
  if (isHandled) {
    // Its mask stays as it was.
    action.sa_flags = SA_RESTART;
    action.sa_handler = cameIn;
    if (sigaction((int)number, &action, NULL) != 0) return throwErrno(env, "the signal cannot be caught", errno);
  }
  return napi_get_boolean(env, isHandled, &caught) == napi_ok ? caught : NULL;
}

napi_value signalsAny(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value any;
  return napi_get_boolean(env, __atomic_load_n(&pending, __ATOMIC_SEQ_CST) != 0, &any) == napi_ok ? any : NULL;
}

napi_value signalsTake(napi_env env, napi_callback_info info) {
  (void)info;
  uint32_t all = __atomic_load_n(&pending, __ATOMIC_SEQ_CST);
  if (all == 0) return integer(env, 0);
  int number = __builtin_ctz(all);
  uint32_t before = __atomic_fetch_and(&pending, ~((uint32_t)1 << number), __ATOMIC_SEQ_CST);
  return integer(env, (before >> number) & 1 ? number : 0);
}

// ── a signal that a loop hears, and that nobody else handles ──────────────────────────────────────────────

static uint32_t watchBell;

static void cameWatched(int number) {
  (void)number;
  int before = errno;
  __atomic_fetch_add(&watchBell, 1, __ATOMIC_SEQ_CST);
  futexWake(&watchBell, -1);
  errno = before;
}

napi_value signalsWatch(napi_env env, napi_callback_info info) {
  napi_value argv[2], watched;
  double number;
  struct sigaction action;
  Thread *thread = readArguments(env, info, 2, argv);
  if (thread == NULL || !readInteger(env, argv[0], "number", 1, MOST, &number)) return NULL;
  if (!readFunction(env, argv[1], "heard")) return NULL;
  if (sigaction((int)number, NULL, &action) != 0) return throwErrno(env, "the signal cannot be watched", errno);
  bool isOurs = action.sa_handler == cameWatched;
  bool isFree = (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
  if (!isOurs && !isFree) return napi_get_boolean(env, false, &watched) == napi_ok ? watched : NULL;
  // Before the handler is there, so that no ring is missed.
  earBegin(env, NULL, &watchBell, argv[1]);
  bool hasThrown = true;
  if (napi_is_exception_pending(env, &hasThrown) != napi_ok || hasThrown) return NULL;
  // Its mask, of a signal with the default action, is empty.
  action.sa_flags = SA_RESTART;
  action.sa_handler = cameWatched;
  if (isFree && sigaction((int)number, &action, NULL) != 0)
    return throwErrno(env, "the signal cannot be watched", errno);
  return napi_get_boolean(env, true, &watched) == napi_ok ? watched : NULL;
}
