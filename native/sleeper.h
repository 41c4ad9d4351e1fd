/**
 * A native thread's sleep that others can end for good; sleeper.c says how.
 */
#ifndef NOGIL_SLEEPER_H
#define NOGIL_SLEEPER_H

#include <stdint.h>

typedef struct {
  /** The word that the thread sleeps on, or is about to; NULL: it does not. */
  uint32_t *on;
  /** Not 0 once the thread must not sleep any more. Never cleared. */
  uint32_t isStopped;
} Sleeper;

/** As futexSleep, by the sleeper's own thread. Once it was stopped: NOT_EQUAL, at once. */
int sleeperSleep(Sleeper *sleeper, uint32_t *word, uint32_t expected, int64_t ns);

/** Ends the thread's sleep, and keeps it from sleeping ever again. By any other thread of the process. */
void sleeperStop(Sleeper *sleeper);

#endif
