/**
 * macOS: sleeping on a word that several processes have mapped. WRITTEN FROM APPLE'S HEADERS AND NOT RUN YET.
 *
 * os_sync_wait_on_address with its SHARED flag (macOS 14.4) knows a word by its memory object and its place
 * there. Before that there is __ulock_wait, on which that is built (the shared form since 10.15); it is not
 * declared in public headers. Which of them there is, is looked up once.
 *
 * Why no wake-up is lost: as on Linux, the word is compared under the lock of its sleepers. Where a thread or
 * process dies asleep, the kernel takes it out of the list.
 */
#ifdef __APPLE__

#include "futex.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { OS_SHARED = 1, OS_CLOCK_MACH_ABSOLUTE = 32 };
enum { UL_COMPARE_AND_WAIT_SHARED = 3, ULF_WAKE_ALL = 0x100 };

static int (*osWait)(void *address, uint64_t value, size_t size, uint32_t flags, uint32_t clock, uint64_t ns);
static int (*osWakeAny)(void *address, size_t size, uint32_t flags);
static int (*osWakeAll)(void *address, size_t size, uint32_t flags);
extern int __ulock_wait(uint32_t operation, void *address, uint64_t value, uint32_t us);
extern int __ulock_wake(uint32_t operation, void *address, uint64_t value);

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void lookUp(void) {
  *(void **)&osWakeAny = dlsym(RTLD_DEFAULT, "os_sync_wake_by_address_any");
  *(void **)&osWakeAll = dlsym(RTLD_DEFAULT, "os_sync_wake_by_address_all");
  // The last one: whoever finds it finds the others.
  *(void **)&osWait = dlsym(RTLD_DEFAULT, "os_sync_wait_on_address_with_timeout");
}

int futexSleep(uint32_t *word, uint32_t expected, int64_t ns) {
  pthread_once(&once, lookUp);
  // Neither call tells a word that was not equal from a wake-up.
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != expected) return NOT_EQUAL;
  // To neither is 0 "not at all".
  if (ns <= 0) return TIMED_OUT;
  int result;
  if (osWait != NULL) {
    result = osWait(word, expected, 4, OS_SHARED, OS_CLOCK_MACH_ABSOLUTE, (uint64_t)ns);
  } else {
    uint64_t us = ((uint64_t)ns + 999) / 1000;
    result = __ulock_wait(UL_COMPARE_AND_WAIT_SHARED, word, expected, us > UINT32_MAX ? UINT32_MAX : (uint32_t)us);
  }
  if (result >= 0) return WOKEN;
  if (errno == EINTR) return NOT_EQUAL;
  // The page was not there at the moment: look again.
  if (errno == EFAULT) return NOT_EQUAL;
  return errno == ETIMEDOUT ? TIMED_OUT : FAILED;
}

/** Nobody says how many were woken by a wake of all: one, at least. */
static int wakeOnce(uint32_t *word, bool all) {
  int result;
  if (osWait != NULL) result = (all ? osWakeAll : osWakeAny)(word, 4, OS_SHARED);
  else result = __ulock_wake(UL_COMPARE_AND_WAIT_SHARED | (all ? ULF_WAKE_ALL : 0), word, 0);
  if (result >= 0) return 1;
  return errno == ENOENT ? 0 : -1;
}

int futexWake(uint32_t *word, int32_t count) {
  pthread_once(&once, lookUp);
  if (count < 0) return wakeOnce(word, true);
  int woken = 0;
  while (woken < count) {
    int result = wakeOnce(word, false);
    if (result <= 0) return woken > 0 ? woken : result;
    woken++;
  }
  return woken;
}
#endif
