/** An event loop that hears of a word's changes; ear.c says how. */
#ifndef NOGIL_EAR_H
#define NOGIL_EAR_H

#include "thread.h"

/**
 * listen(p, heard): calls `heard` on this thread's loop whenever the word at `p` has changed since it was
 * called last, from now on, until the thread ends. Does not keep the loop alive. Throws.
 */
napi_value earListen(napi_env env, napi_callback_info info);

/** The same for a word that lies in `memory`, which is kept for it; NULL: in none that could go. May throw. */
void earBegin(napi_env env, napi_ref memory, uint32_t *bell, napi_value heard);

#endif
