/*
 * What the machine can do: pthread mutexes, memcpy, a ring between two threads, a wake-up. Reads lines of
 * words, answers each with a line of JSON.
 *
 *   lock THREADS N        N times acquire, counter++, release by THREADS together: nanoseconds
 *   memcpy BYTES N        N copies of BYTES, into 1 MiB of places in turn: nanoseconds
 *   ring BYTES N          N messages of BYTES through a ring of two threads, copied in and out: nanoseconds
 *   place BYTES N         the same, read where it lies: nanoseconds
 *   queue SIDE N          N numbers through a queue with a lock at each end, of SIDE producers and SIDE
 *                         consumers: nanoseconds. The locks are robust, as ours: their owner may die
 *   table 0|1 N           N times a number of a table of texts behind a robust lock is got (0) or set (1)
 *   trips N PAUSE_US      N round trips of two threads by condition variables, after a pause each: [ns, ...]
 *   fight PROCESSES N     as lock, by PROCESSES and a mutex that they share: nanoseconds
 *   pipe N PAUSE_US       as trips, of two processes by pipes
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
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

static void pass(size_t bytes, long count, int in_place) {
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
    unsigned char *place = ring.places + (size_t)i % ring.count * bytes;
    if (!in_place) memcpy(message, place, bytes);
    sum += in_place ? place[0] : message[0];
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

/* ── queue ────────────────────────────────────────────────────────────────────────────────────────── */

#define PLACES 1024

typedef struct {
  _Alignas(64) pthread_mutex_t mutex;
  atomic_long position;
} End;

static struct {
  End head, tail;
  _Alignas(64) double places[PLACES];
  long each;
} queue;

static void make_robust(pthread_mutex_t *mutex) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(mutex, &attributes);
}

static void *put_numbers(void *unused) {
  for (long i = 0; i < queue.each; i++) {
    for (int polls = 0;; pause_a_little(&polls)) {
      pthread_mutex_lock(&queue.tail.mutex);
      long at = atomic_load_explicit(&queue.tail.position, memory_order_relaxed);
      int room = at - atomic_load_explicit(&queue.head.position, memory_order_acquire) < PLACES;
      if (room) {
        queue.places[at % PLACES] = (double)i;
        atomic_store_explicit(&queue.tail.position, at + 1, memory_order_release);
      }
      pthread_mutex_unlock(&queue.tail.mutex);
      if (room) break;
    }
  }
  return unused;
}

static void *get_numbers(void *sum) {
  for (long i = 0; i < queue.each; i++) {
    for (int polls = 0;; pause_a_little(&polls)) {
      pthread_mutex_lock(&queue.head.mutex);
      long at = atomic_load_explicit(&queue.head.position, memory_order_relaxed);
      int there = at < atomic_load_explicit(&queue.tail.position, memory_order_acquire);
      if (there) {
        *(double *)sum += queue.places[at % PLACES];
        atomic_store_explicit(&queue.head.position, at + 1, memory_order_release);
      }
      pthread_mutex_unlock(&queue.head.mutex);
      if (there) break;
    }
  }
  return NULL;
}

static void pass_numbers(int side, long count) {
  pthread_t producers[32], consumers[32];
  double sums[32] = {0}, sum = 0;
  if (side < 1 || side > 32) return fail("between 1 and 32 of each");
  make_robust(&queue.head.mutex);
  make_robust(&queue.tail.mutex);
  atomic_store(&queue.head.position, 0);
  atomic_store(&queue.tail.position, 0);
  queue.each = (count + side - 1) / side;
  int64_t begin = now();
  for (int i = 0; i < side; i++) pthread_create(&producers[i], NULL, put_numbers, NULL);
  for (int i = 0; i < side; i++) pthread_create(&consumers[i], NULL, get_numbers, &sums[i]);
  for (int i = 0; i < side; i++) pthread_join(producers[i], NULL);
  for (int i = 0; i < side; i++) pthread_join(consumers[i], NULL);
  int64_t ns = now() - begin;
  for (int i = 0; i < side; i++) sum += sums[i];
  if (sum != (double)side * queue.each * (queue.each - 1) / 2) return fail("the numbers are wrong");
  printf("%.0f\n", (double)ns * count / (side * queue.each));
}

/* ── table ────────────────────────────────────────────────────────────────────────────────────────── */

#define BUCKETS 64

static struct {
  pthread_mutex_t mutex;
  struct {
    const char *key;
    double value;
  } entries[BUCKETS];
} texts;

/* FNV-1a, and the next free bucket. */
static double *find(const char *key) {
  uint32_t hash = 2166136261u;
  for (const char *c = key; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
  for (uint32_t i = hash % BUCKETS;; i = (i + 1) % BUCKETS) {
    if (!texts.entries[i].key) texts.entries[i].key = key;
    if (!strcmp(texts.entries[i].key, key)) return &texts.entries[i].value;
  }
}

static void look_up(int set, long count) {
  make_robust(&texts.mutex);
  *find("num") = 1;
  *find("text") = 2;
  double sum = 0;
  char key[] = "num";
  int64_t begin = now();
  for (long i = 0; i < count; i++) {
    __asm__ volatile("" : : "r"(key) : "memory");
    pthread_mutex_lock(&texts.mutex);
    if (set) *find(key) = (double)i;
    else sum += *find(key);
    pthread_mutex_unlock(&texts.mutex);
  }
  int64_t ns = now() - begin;
  if (set ? *find("num") != (double)(count - 1) : sum != (double)count) return fail("the values are wrong");
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

/* ── processes ────────────────────────────────────────────────────────────────────────────────────── */

static struct Shared {
  pthread_mutex_t mutex;
  volatile long counter;
  atomic_int come;
} *shared;

static void fight_of_processes(int processes, long count) {
  if (processes < 1 || processes > 64) return fail("between 1 and 64 processes");
  if (!shared) {
    pthread_mutexattr_t attributes;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return fail("no shared memory");
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared->mutex, &attributes);
  }
  shared->counter = 0;
  atomic_store(&shared->come, 0);
  long each = (count + processes - 1) / processes;
  for (int i = 0; i < processes; i++) {
    pid_t child = fork();
    if (child < 0) return fail("no process");
    if (child > 0) continue;
    atomic_fetch_add(&shared->come, 1);
    while (atomic_load(&shared->come) < processes + 1) sched_yield();
    for (long k = 0; k < each; k++) {
      pthread_mutex_lock(&shared->mutex);
      shared->counter = shared->counter + 1;
      pthread_mutex_unlock(&shared->mutex);
    }
    _exit(0);
  }
  /* Their starts are not counted. */
  while (atomic_load(&shared->come) < processes) sched_yield();
  int64_t begin = now();
  atomic_fetch_add(&shared->come, 1);
  for (int i = 0; i < processes; i++) wait(NULL);
  int64_t ns = now() - begin;
  if (shared->counter != processes * each) return fail("the counter is wrong");
  printf("%.0f\n", (double)ns * count / shared->counter);
}

static void pipe_trips(long count, int pause) {
  int there[2], back[2];
  long item;
  if (pipe(there) != 0 || pipe(back) != 0) return fail("no pipe");
  pid_t child = fork();
  if (child < 0) return fail("no process");
  if (child == 0) {
    close(there[1]);
    close(back[0]);
    while (read(there[0], &item, sizeof item) == sizeof item)
      if (write(back[1], &item, sizeof item) != sizeof item) break;
    _exit(0);
  }
  close(there[0]);
  close(back[1]);
  int64_t *trips = malloc((size_t)count * sizeof *trips);
  int right = trips != NULL;
  for (long i = 0; right && i < count; i++) {
    if (pause) usleep((useconds_t)pause);
    int64_t begin = now();
    item = i;
    right = write(there[1], &item, sizeof item) == sizeof item && read(back[0], &item, sizeof item) == sizeof item;
    trips[i] = now() - begin;
    right = right && item == i;
  }
  close(there[1]);
  close(back[0]);
  waitpid(child, NULL, 0);
  if (right) {
    for (long i = 0; i < count; i++) printf(i == 0 ? "[%lld" : ",%lld", (long long)trips[i]);
    puts("]");
  } else fail("another item came back");
  free(trips);
}

int main(void) {
  char line[256], what[32];
  while (fgets(line, sizeof line, stdin)) {
    long a = 0, b = 0;
    sscanf(line, "%31s %ld %ld", what, &a, &b);
    if (!strcmp(what, "lock")) lock((int)a, b);
    else if (!strcmp(what, "memcpy") && a > 0) copies((size_t)a, b);
    else if (!strcmp(what, "ring") && a > 0) pass((size_t)a, b, 0);
    else if (!strcmp(what, "place") && a > 0) pass((size_t)a, b, 1);
    else if (!strcmp(what, "queue")) pass_numbers((int)a, b);
    else if (!strcmp(what, "table")) look_up((int)a, b);
    else if (!strcmp(what, "trips")) trips(a, (int)b);
    else if (!strcmp(what, "fight")) fight_of_processes((int)a, b);
    else if (!strcmp(what, "pipe")) pipe_trips(a, (int)b);
    else fail("unknown words");
    fflush(stdout);
  }
  return 0;
}
