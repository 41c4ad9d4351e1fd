/**
 * A native thread's sleep that others can end for good.
 *
 * A futex is one word, and whoever ends a thread does not change the word that it sleeps on: that is the
 * heap's. So he says in another word that the thread is stopped, and wakes all who sleep where the thread
 * says that it sleeps; the others look at their word and sleep on. Sleeping on two words at once
 * (FUTEX_WAITV) would do the same, but takes 0.35 us longer each time, and is not in every kernel.
 *
 * Why no stop is lost:
 *
 *   the thread                              who stops it
 *   1. on = word                            1. isStopped = 1
 *   2. isStopped? then not                  2. on == NULL? then done
 *   3. sleep                                3. wake all who sleep there; 2. again
 *   4. on = NULL
 *
 * Either the thread sees at 2 that it is stopped, or `on` was stored before the other looks: then he wakes
 * until the thread has left. A wake between its 2 and its 3 finds nobody, hence "until"; test/native/race.c
 * tries that. No wake-up of the word itself is lost by it: futex-linux.c.
 *
 * Where the thread's process is killed, both words are gone with it. The one who stops waits for no more than
 * that a thread which can run does run.
 */
#include "sleeper.h"

#include <stddef.h>
#include <time.h>

#include "futex.h"

/** About what a thread takes to come back. */
#define PAUSE_NS 50000

/**
 * Who was stopped may be WOKEN by who stopped it, who has counted nobody off, or by a waker as well, who has. It
 * must believe the latter. At worst it stays counted, which costs a call of the kernel for each post. If it
 * counted itself off once more than it was counted, another sleeper's wake-up would be lost.
 */
int sleeperSleep(Sleeper *sleeper, uint32_t *word, uint32_t expected, int64_t ns) {
  // First without a trace: a thread that was stopped, and calls again and again, is never seen to sleep.
  if (__atomic_load_n(&sleeper->isStopped, __ATOMIC_SEQ_CST) != 0) return NOT_EQUAL;
  // A call of the system less. It compares again.
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != expected) return NOT_EQUAL;
  // ORDERING: before the second look; see above.
  __atomic_store_n(&sleeper->on, word, __ATOMIC_SEQ_CST);
  int result = NOT_EQUAL;
  if (__atomic_load_n(&sleeper->isStopped, __ATOMIC_SEQ_CST) == 0) result = futexSleep(word, expected, ns);
  __atomic_store_n(&sleeper->on, NULL, __ATOMIC_SEQ_CST);
  return result;
}

void sleeperStop(Sleeper *sleeper) {
  // ORDERING: before the first look; see above.
  __atomic_store_n(&sleeper->isStopped, 1, __ATOMIC_SEQ_CST);
  for (;;) {
    uint32_t *word = __atomic_load_n(&sleeper->on, __ATOMIC_SEQ_CST);
    if (word == NULL) return;
    futexWake(word, -1);
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
  }
}
