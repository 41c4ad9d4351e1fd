/**
 * Who stops a thread races with its falling asleep, 20 000 times: a stop that is lost leaves it
 * asleep for an hour, and this program hangs. scripts/native-check.mjs compiles it with native/sleeper.c, and
 * runs it.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "sleeper.h"

#define TIMES 20000
#define HOUR_NS 3600000000000

static Sleeper sleeper;
/** Nobody changes or wakes it, but for the stop. */
static uint32_t word;
/** Odd: the round has begun; even: the thread is done with it. */
static uint32_t round;

static void reach(uint32_t wanted) {
  while (__atomic_load_n(&round, __ATOMIC_SEQ_CST) != wanted) {
  }
}

static void spin(int times) {
  for (volatile int i = 0; i < times; i++) {
  }
}

static void *sleeps(void *data) {
  for (uint32_t i = 0; i < TIMES; i++) {
    reach(2 * i + 1);
    sleeperSleep(&sleeper, &word, 0, HOUR_NS);
    __atomic_store_n(&round, 2 * i + 2, __ATOMIC_SEQ_CST);
  }
  return data;
}

int main(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, sleeps, NULL) != 0) return 1;
  for (uint32_t i = 0; i < TIMES; i++) {
    // No product of ours is stopped and goes on: that is for this test alone.
    __atomic_store_n(&sleeper.isStopped, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&round, 2 * i + 1, __ATOMIC_SEQ_CST);
    spin(rand() % 1500);
    sleeperStop(&sleeper);
    reach(2 * i + 2);
  }
  pthread_join(thread, NULL);
  puts("no stop was lost");
  return 0;
}
