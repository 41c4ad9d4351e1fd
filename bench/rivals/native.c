/*
 * What the machine can do: pthread mutexes, memcpy, a ring between two threads, a wake-up. Reads lines of
 * words, answers each with a line of JSON.
 *
 *   lock THREADS N        N times acquire, counter++, release by THREADS together: nanoseconds
 *   memcpy BYTES N        N copies of BYTES, into 1 MiB of places in turn: nanoseconds
 *   ring BYTES N          N messages of BYTES through a ring of two threads, copied in and out: nanoseconds
 *   trips N PAUSE_US      N round trips of two threads by condition variables, after a pause each: [ns, ...]
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *why) {
  printf("{\"failed\": \"%s\"}\n", why);
  fflush(stdout);
}

/* ── lock ─────────────────────────────────────────────────────────────────────────────────────────── */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile long counter;
static atomic_int come;
static int fighters;
static long fights;

static void *fight(void *unused) {
  atomic_fetch_add(&come, 1);
  while (atomic_load(&come) < fighters) sched_yield();
  for (long i = 0; i < fights; i++) {
    pthread_mutex_lock(&mutex);
    counter = counter + 1;
    pthread_mutex_unlock(&mutex);
  }
  return unused;
}

static void lock(int threads, long count) {
  pthread_t thread[64];
  if (threads < 1 || threads > 64) return fail("between 1 and 64 threads");
  counter = 0;
  atomic_store(&come, 0);
  fighters = threads;
  fights = (count + threads - 1) / threads;
  int64_t begin = now();
  for (int i = 0; i < threads; i++) pthread_create(&thread[i], NULL, fight, NULL);
  for (int i = 0; i < threads; i++) pthread_join(thread[i], NULL);
  int64_t ns = now() - begin;
  if (counter != threads * fights) return fail("the counter is wrong");
  printf("%.0f\n", (double)ns * count / counter);
}

/* ── memcpy ───────────────────────────────────────────────────────────────────────────────────────── */

static void copies(size_t bytes, long count) {
  size_t room = bytes > (1 << 20) ? bytes : (1 << 20) / bytes * bytes;
  unsigned char *source = malloc(bytes), *target = malloc(room);
  if (!source || !target) return fail("no memory");
  memset(source, 0xa5, bytes);
  memset(target, 0, room);
  uint64_t sum = 0, want = 0;
  int64_t begin = now();
  for (long i = 0; i < count; i++) {
    unsigned char *place = target + (size_t)i * bytes % room;
    source[0] = (unsigned char)i;
    memcpy(place, source, bytes);
    sum += place[0];
    want += (unsigned char)i;
    __asm__ volatile("" : : "r"(place) : "memory");
  }
  int64_t ns = now() - begin;
  free(source);
  free(target);
  if (sum != want) return fail("the bytes are wrong");
  printf("%lld\n", (long long)ns);
}

/* ── ring ─────────────────────────────────────────────────────────────────────────────────────────── */

static struct {
  _Alignas(64) atomic_size_t head;
  _Alignas(64) atomic_size_t tail;
  unsigned char *places;
  size_t bytes, count;
  long messages;
} ring;

/* On a shared core the other one needs it. */
static void pause_a_little(int *polls) {
  if (++*polls % 1000 == 0) sched_yield();
}

static void *produce(void *unused) {
  unsigned char *message = malloc(ring.bytes);
  memset(message, 0xa5, ring.bytes);
  size_t head = 0;
  for (long i = 0; i < ring.messages; i++) {
    for (int polls = 0; (size_t)i - head >= ring.count; pause_a_little(&polls))
      head = atomic_load_explicit(&ring.head, memory_order_acquire);
    uint32_t number = (uint32_t)i;
    memcpy(message, &number, ring.bytes < 4 ? ring.bytes : 4);
    memcpy(ring.places + (size_t)i % ring.count * ring.bytes, message, ring.bytes);
    atomic_store_explicit(&ring.tail, (size_t)i + 1, memory_order_release);
  }
  free(message);
  return unused;
}

static void pass(size_t bytes, long count) {
  ring.bytes = bytes;
  ring.count = bytes >= (1 << 18) ? 4 : (1 << 20) / bytes > 4096 ? 4096 : (1 << 20) / bytes;
  ring.messages = count;
  ring.places = malloc(ring.count * bytes);
  unsigned char *message = malloc(bytes);
  if (!ring.places || !message) return fail("no memory");
  atomic_store(&ring.head, 0);
  atomic_store(&ring.tail, 0);
  pthread_t producer;
  uint64_t sum = 0, want = 0;
  int64_t begin = now();
  pthread_create(&producer, NULL, produce, NULL);
  size_t tail = 0;
  for (long i = 0; i < count; i++) {
    for (int polls = 0; tail <= (size_t)i; pause_a_little(&polls))
      tail = atomic_load_explicit(&ring.tail, memory_order_acquire);
    memcpy(message, ring.places + (size_t)i % ring.count * bytes, bytes);
    sum += message[0];
    want += (unsigned char)i;
    atomic_store_explicit(&ring.head, (size_t)i + 1, memory_order_release);
  }
  int64_t ns = now() - begin;
  pthread_join(producer, NULL);
  free(message);
  free(ring.places);
  if (sum != want) return fail("the messages are wrong");
  printf("%lld\n", (long long)ns);
}

/* ── trips ────────────────────────────────────────────────────────────────────────────────────────── */

static struct {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  long there, back, trips;
} table = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};

static void *echo(void *unused) {
  for (long i = 1; i <= table.trips; i++) {
    pthread_mutex_lock(&table.mutex);
    while (table.there < i) pthread_cond_wait(&table.changed, &table.mutex);
    table.back = i;
    pthread_cond_broadcast(&table.changed);
    pthread_mutex_unlock(&table.mutex);
  }
  return unused;
}

static void trips(long count, int pause) {
  pthread_t other;
  table.there = table.back = 0;
  table.trips = count;
  pthread_create(&other, NULL, echo, NULL);
  putchar('[');
  for (long i = 1; i <= count; i++) {
    if (pause) usleep((useconds_t)pause);
    int64_t begin = now();
    pthread_mutex_lock(&table.mutex);
    table.there = i;
    pthread_cond_broadcast(&table.changed);
    while (table.back < i) pthread_cond_wait(&table.changed, &table.mutex);
    pthread_mutex_unlock(&table.mutex);
    printf(i == 1 ? "%lld" : ",%lld", (long long)(now() - begin));
  }
  puts("]");
  pthread_join(other, NULL);
}

int main(void) {
  char line[256], what[32];
  while (fgets(line, sizeof line, stdin)) {
    long a = 0, b = 0;
    sscanf(line, "%31s %ld %ld", what, &a, &b);
    if (!strcmp(what, "lock")) lock((int)a, b);
    else if (!strcmp(what, "memcpy") && a > 0) copies((size_t)a, b);
    else if (!strcmp(what, "ring") && a > 0) pass((size_t)a, b);
    else if (!strcmp(what, "trips")) trips(a, (int)b);
    else fail("unknown words");
    fflush(stdout);
  }
  return 0;
}
