/**
 * Sleeping on a word that several processes have mapped. One file for each system implements it.
 */
#ifndef NOGIL_FUTEX_H
#define NOGIL_FUTEX_H

#include <stdint.h>

/**
 * How a sleep ended. The first three are what the core's `wait` answers. WOKEN only when somebody notified the
 * word: the core has counted this sleeper off then, unless it was only stopped (sleeper.c).
 */
enum { WOKEN = 0, NOT_EQUAL = 1, TIMED_OUT = 2, FAILED = 3 };

/**
 * Sleeps while `*word == expected`, for at most `ns` nanoseconds. NOT_EQUAL, also when the sleep was broken off.
 * FAILED: errno says why.
 */
int futexSleep(uint32_t *word, uint32_t expected, int64_t ns);

/** Wakes up to `count` sleepers of all processes (negative: all). How many, or -1 and errno. */
int futexWake(uint32_t *word, int32_t count);

#endif
