/**
 * The JavaScript threads of this process, and how their sleeps end before they do.
 *
 * The engine cannot interrupt a thread in native code: `worker.terminate()` and `process.exit()` join a
 * thread that sleeps here, and wait for it. So who ends a thread calls `stop(threadId)`, and who ends the
 * process calls `close()`.
 *
 * Why no stop is lost: sleeper.c. A thread that enters after `close()` begins as one that was stopped, since
 * both happen under the lock.
 *
 * Where a thread ends in here: it can't, it is joined. Its state goes with its environment, after the last
 * call of its functions; `stop` of another thread has the lock while it touches it, and so does that end.
 * A process that is killed leaves nothing: all this is its own memory.
 */
#include "thread.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "arguments.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Thread *threads;
static bool closing;

static void threadEnds(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  Thread *thread = data;
  pthread_mutex_lock(&lock);
  for (Thread **at = &threads; *at != NULL; at = &(*at)->next) {
    if (*at != thread) continue;
    *at = thread->next;
    break;
  }
  pthread_mutex_unlock(&lock);
  free(thread);
}

Thread *threadBegins(napi_env env) {
  Thread *thread = calloc(1, sizeof *thread);
  if (thread == NULL || napi_set_instance_data(env, thread, threadEnds, NULL) != napi_ok) {
    free(thread);
    napi_throw_error(env, NULL, "no memory for the state of this thread");
    return NULL;
  }
  thread->id = -1;
  pthread_mutex_lock(&lock);
  thread->sleeper.isStopped = closing;
  thread->next = threads;
  threads = thread;
  pthread_mutex_unlock(&lock);
  return thread;
}

napi_value threadEnter(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  Thread *thread = readArguments(env, info, 1, argv);
  double id;
  if (thread == NULL || !readInteger(env, argv[0], "threadId", 0, INT32_MAX, &id)) return NULL;
  pthread_mutex_lock(&lock);
  thread->id = (int32_t)id;
  pthread_mutex_unlock(&lock);
  return NULL;
}

napi_value threadStop(napi_env env, napi_callback_info info) {
  napi_value argv[1], found;
  double id;
  if (readArguments(env, info, 1, argv) == NULL) return NULL;
  if (!readInteger(env, argv[0], "threadId", 0, INT32_MAX, &id)) return NULL;
  bool any = false;
  pthread_mutex_lock(&lock);
  // All of them: a thread that has loaded the addon twice has two.
  for (Thread *thread = threads; thread != NULL; thread = thread->next) {
    if (thread->id != (int32_t)id) continue;
    sleeperStop(&thread->sleeper);
    any = true;
  }
  pthread_mutex_unlock(&lock);
  return napi_get_boolean(env, any, &found) == napi_ok ? found : NULL;
}

napi_value threadClose(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
  pthread_mutex_lock(&lock);
  closing = true;
  for (Thread *thread = threads; thread != NULL; thread = thread->next) sleeperStop(&thread->sleeper);
  pthread_mutex_unlock(&lock);
  return NULL;
}
