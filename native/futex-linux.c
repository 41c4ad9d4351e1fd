/**
 * Linux: sleeping on a word that several processes have mapped, by futexes that are not private. The kernel
 * knows such a word by its file and its place there, so each process may have mapped it elsewhere.
 *
 * Why no wake-up is lost: the kernel compares the word with what is expected of it under the lock of the
 * word's sleepers, which a wake takes, too. Who changes the word and then wakes finds the sleeper in the
 * list, or the sleeper finds the word changed.
 *
 * Where a thread or process dies asleep, the kernel takes it out of the list. One that was woken and dies
 * before it runs has eaten its wake-up: the core repairs that, by waking everybody.
 */
#ifdef __linux__

#define _GNU_SOURCE
#include "futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000

int futexSleep(uint32_t *word, uint32_t expected, int64_t ns) {
  struct timespec time = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
  if (syscall(SYS_futex, word, FUTEX_WAIT, expected, &time, NULL, 0) == 0) return WOKEN;
  switch (errno) {
    case EINTR: return NOT_EQUAL;
    case EAGAIN: return NOT_EQUAL;
    case ETIMEDOUT: return TIMED_OUT;
    default: return FAILED;
  }
}

int futexWake(uint32_t *word, int32_t count) {
  return (int)syscall(SYS_futex, word, FUTEX_WAKE, count < 0 ? INT32_MAX : count, NULL, NULL, 0);
}

#endif
