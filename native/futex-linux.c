/**
 * Linux: sleeping on a word that several processes have mapped, by futexes that are not private. The kernel
 * knows such a word by its file and its place there, so each process may have mapped it elsewhere.
 *
 * FUTEX_WAITV (Linux 5.16) sleeps on the word and on the thread's stop word at once. Older kernels, and
 * sandboxes that forbid the call, have FUTEX_WAIT on the word alone.
 *
 * Why no wake-up is lost: the kernel compares each word with what is expected of it under the lock of that
 * word's sleepers, which a wake takes, too. Who changes a word and then wakes finds the sleeper in the list,
 * or the sleeper finds the word changed. FUTEX_WAKE reaches the sleepers of both calls.
 *
 * Where a thread or process dies asleep, the kernel takes it out of the lists. One that was woken and dies
 * before it runs has eaten its wake-up: the core repairs that, by waking everybody.
 */
#ifdef __linux__

#define _GNU_SOURCE
#include "futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000

/** The call's number is the same on all processors; headers older than 5.16 do not have it. */
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

/** As the kernel has it: FUTEX_32 and FUTEX2_SIZE_U32 are one flag under two names. */
struct Waited {
  uint64_t expected;
  uint64_t address;
  uint32_t flags;
  uint32_t reserved;
};
enum { SIZE_U32 = 2, PRIVATE = FUTEX_PRIVATE_FLAG };

static struct Waited waited(uint32_t *word, uint32_t expected, uint32_t flags) {
  return (struct Waited){.expected = expected, .address = (uintptr_t)word, .flags = SIZE_U32 | flags};
}

bool futexStops(void) {
  /** 0: not asked yet. Two threads that ask at once are told the same. */
  static int answer;
  int known = __atomic_load_n(&answer, __ATOMIC_RELAXED);
  if (known == 0) {
    // For tests of the other way, and for whoever meets a kernel that does not keep its promise.
    const char *asked = getenv("NOGIL_FUTEX");
    uint32_t word = 0;
    struct Waited one = waited(&word, 1, PRIVATE);
    bool isThere = syscall(SYS_futex_waitv, &one, 1, 0, NULL, CLOCK_MONOTONIC) < 0 && errno == EAGAIN;
    known = isThere && (asked == NULL || strcmp(asked, "slices") != 0) ? 1 : -1;
    __atomic_store_n(&answer, known, __ATOMIC_RELAXED);
  }
  return known > 0;
}

static long sleepOnBoth(uint32_t *word, uint32_t expected, uint32_t *stop, int64_t ns) {
  struct Waited both[] = {waited(word, expected, 0), waited(stop, 0, PRIVATE)};
  struct timespec deadline;
  if (ns >= 0) {
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    ns += deadline.tv_nsec;
    deadline.tv_sec += ns / NS_PER_S;
    deadline.tv_nsec = ns % NS_PER_S;
  }
  return syscall(SYS_futex_waitv, both, 2, 0, ns >= 0 ? &deadline : NULL, CLOCK_MONOTONIC);
}

static long sleepOnOne(uint32_t *word, uint32_t expected, int64_t ns) {
  struct timespec time = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
  return syscall(SYS_futex, word, FUTEX_WAIT, expected, ns >= 0 ? &time : NULL, NULL, 0);
}

int futexSleep(uint32_t *word, uint32_t expected, uint32_t *stop, int64_t ns) {
  if (__atomic_load_n(stop, __ATOMIC_SEQ_CST) != 0) return WOKEN;
  if ((futexStops() ? sleepOnBoth(word, expected, stop, ns) : sleepOnOne(word, expected, ns)) >= 0) return WOKEN;
  switch (errno) {
    case EINTR: return WOKEN;
    // One of the two words was not as expected.
    case EAGAIN: return __atomic_load_n(stop, __ATOMIC_SEQ_CST) != 0 ? WOKEN : NOT_EQUAL;
    case ETIMEDOUT: return TIMED_OUT;
    default: return FAILED;
  }
}

int futexWake(uint32_t *word, int32_t count) {
  return (int)syscall(SYS_futex, word, FUTEX_WAKE, count < 0 ? INT32_MAX : count, NULL, NULL, 0);
}

void futexStop(uint32_t *stop) {
  syscall(SYS_futex, stop, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX, NULL, NULL, 0);
}

#endif
