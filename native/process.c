/**
 * A process that ends with its parent, also when that is killed.
 *
 * Linux: PR_SET_PDEATHSIG. The kernel sends the signal when the THREAD that forked ends, which is right for a
 * thread that lives as long as its process. It is a property of the thread that asks for it, so that must be
 * one that lives as long as this process: the main thread.
 *
 * Why no death is lost: the parent is looked at after the kernel was asked. If it died before, this process
 * has another parent by now; if it dies later, the signal comes.
 *
 * macOS: a thread that waits in a kqueue for the parent's end. WRITTEN FROM THE MANUAL AND NOT RUN YET.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "arguments.h"

#ifdef __linux__

#include <sys/prctl.h>

static int hearOfEnd(pid_t parent) {
  (void)parent;
  return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 ? 0 : errno;
}

#else

#include <pthread.h>
#include <stdint.h>
#include <sys/event.h>

static void *waitForEnd(void *queue) {
  struct kevent event;
  while (kevent((int)(intptr_t)queue, NULL, 0, &event, 1, NULL) < 0 && errno == EINTR) {
  }
  kill(getpid(), SIGKILL);
  return NULL;
}

static int hearOfEnd(pid_t parent) {
  struct kevent change;
  pthread_t thread;
  int queue = kqueue();
  if (queue < 0) return errno;
  EV_SET(&change, parent, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, NULL);
  int error = kevent(queue, &change, 1, NULL, 0, NULL) < 0 ? errno : 0;
  if (error == 0) error = pthread_create(&thread, NULL, waitForEnd, (void *)(intptr_t)queue);
  if (error == 0) pthread_detach(thread);
  else close(queue);
  // It is gone already: the look at the parent says so.
  return error == ESRCH ? 0 : error;
}

#endif

napi_value processDieWith(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  double parent;
  if (readArguments(env, info, 1, argv) == NULL) return NULL;
  if (!readInteger(env, argv[0], "parent", 1, INT32_MAX, &parent)) return NULL;
  int error = hearOfEnd((pid_t)parent);
  if (error != 0) return throwErrno(env, "the parent's end cannot be heard of", error);
  // ORDERING: after that; see above.
  return integer(env, getppid() != (pid_t)parent);
}
