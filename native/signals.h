/** Signals that a blocked thread is to hear of; signals.c says how. */
#ifndef NOGIL_SIGNALS_H
#define NOGIL_SIGNALS_H

#include "thread.h"

/**
 * hearSignals(heard): calls `heard` on this thread's loop, which it does not keep alive, after a signal that was
 * caught. Once in a process. Throws.
 */
napi_value signalsHear(napi_env env, napi_callback_info info);

/**
 * catchSignal(number) -> boolean: whoever handles the signal in this process is not called any more; it is
 * kept for `takeSignal`. False: nobody handles it, and its default action stays.
 */
napi_value signalsCatch(napi_env env, napi_callback_info info);

/** hasSignal() -> boolean: whether there is one to take. */
napi_value signalsAny(napi_env env, napi_callback_info info);

/** takeSignal() -> number: a signal that came since it was taken last; 0: none did. */
napi_value signalsTake(napi_env env, napi_callback_info info);

/**
 * watchSignal(number, heard) -> boolean: calls `heard` on this thread's loop, which it does not keep alive, after
 * the signal. False: the process handles it, or ignores it, and that stays. One number in a process. Throws.
 */
napi_value signalsWatch(napi_env env, napi_callback_info info);

#endif
