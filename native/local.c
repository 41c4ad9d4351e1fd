/**
 * Sockets between programs of one machine: a name in a folder, who is at the other end, a descriptor that is
 * passed along. What Node's own sockets cannot do; the rest they do (src/platform/node-guests.ts).
 *
 * No call here sleeps, but for the lock, which others have for microseconds. No wake-ups, so none is lost.
 *
 * Where a process ends, the kernel closes its end of a connection: that is how the other side hears of it. A
 * socket of Node's is closed with the thread that has it, while other threads may still run. So `localKeep`
 * leaves a copy of the descriptor open which nobody closes: the connection's end is the process's, and no
 * thread of it runs any more. All descriptors are close-on-exec, so a child's life prolongs nothing.
 *
 * The socket's name stays in its folder when its process is killed. Who connects there is refused, and so
 * knows that it is nobody's.
 *
 * What is for macOS was WRITTEN FROM THE MANUAL AND NOT RUN YET.
 */
#define _GNU_SOURCE
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "arguments.h"

/** Node ignores SIGPIPE anyway. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/** Connections that wait to be taken. */
#define BACKLOG 64

static bool readDescriptor(napi_env env, napi_value value, int *fd) {
  double number;
  if (!readInteger(env, value, "fd", 0, INT32_MAX, &number)) return false;
  *fd = (int)number;
  return true;
}

static bool readPath(napi_env env, napi_value value, struct sockaddr_un *address) {
  size_t length = 0;
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) {
    napi_throw_type_error(env, NULL, "path must be a string");
    return false;
  }
  if (length == 0 || length >= sizeof address->sun_path) {
    napi_throw_range_error(env, NULL, "the path is empty, or too long for a socket");
    return false;
  }
  return napi_get_value_string_utf8(env, value, address->sun_path, sizeof address->sun_path, &length) == napi_ok;
}

static bool readBytes(napi_env env, napi_value value, napi_typedarray_type wanted, void **data, size_t *count) {
  napi_typedarray_type type;
  bool isTyped = false;
  if (napi_is_typedarray(env, value, &isTyped) == napi_ok && isTyped &&
      napi_get_typedarray_info(env, value, &type, count, data, NULL, NULL) == napi_ok && type == wanted && *count > 0) {
    return true;
  }
  napi_throw_type_error(env, NULL, "bytes must be a Uint8Array, words an Int32Array, and neither be empty");
  return false;
}

/** Close-on-exec, and never blocking. @returns the descriptor, or -1 and errno */
static int openSocket(void) {
#ifdef __linux__
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd >= 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (fd >= 0) fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
#endif
}

static napi_value failed(napi_env env, int fd, const char *what) {
  int error = errno;
  if (fd >= 0) close(fd);
  return throwErrno(env, what, error);
}

napi_value localListen(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct sockaddr_un address;
  if (readArguments(env, info, 1, argv) == NULL || !readPath(env, argv[0], &address)) return NULL;
  int fd = openSocket();
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0) {
    return failed(env, fd, "no socket can be there");
  }
  return integer(env, fd);
}

napi_value localConnect(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct sockaddr_un address;
  if (readArguments(env, info, 1, argv) == NULL || !readPath(env, argv[0], &address)) return NULL;
  int fd = openSocket();
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return failed(env, fd, "no connection");
  return integer(env, fd);
}

napi_value localPeer(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int fd;
  void *words;
  size_t count;
  if (readArguments(env, info, 2, argv) == NULL || !readDescriptor(env, argv[0], &fd)) return NULL;
  if (!readBytes(env, argv[1], napi_int32_array, &words, &count)) return NULL;
  if (count < 2) {
    napi_throw_range_error(env, NULL, "there must be two words");
    return NULL;
  }
#ifdef __linux__
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return throwErrno(env, "nobody is there", errno);
  int32_t pid = peer.pid;
  uint32_t user = peer.uid;
#else
  uid_t user;
  gid_t group;
  pid_t pid = 0;
  socklen_t length = sizeof pid;
  if (getpeereid(fd, &user, &group) != 0 || getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &length) != 0) {
    return throwErrno(env, "nobody is there", errno);
  }
#endif
  ((int32_t *)words)[0] = (int32_t)user;
  ((int32_t *)words)[1] = (int32_t)pid;
  return NULL;
}

/** Room for one descriptor beside a message, aligned as its header wants it. */
typedef union {
  char bytes[CMSG_SPACE(sizeof(int))];
  struct cmsghdr header;
} Beside;

napi_value localSend(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  int fd, passed;
  void *data;
  size_t size;
  if (readArguments(env, info, 3, argv) == NULL || !readDescriptor(env, argv[0], &fd)) return NULL;
  if (!readBytes(env, argv[1], napi_uint8_array, &data, &size) || !readDescriptor(env, argv[2], &passed)) return NULL;
  Beside beside;
  memset(&beside, 0, sizeof beside);
  struct iovec part = {.iov_base = data, .iov_len = size};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = beside.bytes;
  message.msg_controllen = sizeof beside.bytes;
  beside.header.cmsg_level = SOL_SOCKET;
  beside.header.cmsg_type = SCM_RIGHTS;
  beside.header.cmsg_len = CMSG_LEN(sizeof passed);
  memcpy(CMSG_DATA(&beside.header), &passed, sizeof passed);
  ssize_t sent;
  do {
    sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return throwErrno(env, "nothing can be sent", errno);
  // A first message finds room for all of it.
  if ((size_t)sent != size) return throwErrno(env, "not all could be sent", EAGAIN);
  return NULL;
}

napi_value localReceive(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  int fd;
  void *data, *words;
  size_t size, count;
  if (readArguments(env, info, 3, argv) == NULL || !readDescriptor(env, argv[0], &fd)) return NULL;
  if (!readBytes(env, argv[1], napi_uint8_array, &data, &size)) return NULL;
  if (!readBytes(env, argv[2], napi_int32_array, &words, &count)) return NULL;
  Beside beside;
  memset(&beside, 0, sizeof beside);
  struct iovec part = {.iov_base = data, .iov_len = size};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = beside.bytes;
  message.msg_controllen = sizeof beside.bytes;
#ifdef __linux__
  int flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
#else
  int flags = MSG_DONTWAIT;
#endif
  ssize_t came;
  do {
    came = recvmsg(fd, &message, flags);
  } while (came < 0 && errno == EINTR);
  int passed = -1;
  if (came < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return throwErrno(env, "nothing can be received", errno);
  if (came >= 0 && message.msg_controllen >= CMSG_LEN(sizeof passed) && beside.header.cmsg_type == SCM_RIGHTS) {
    memcpy(&passed, CMSG_DATA(&beside.header), sizeof passed);
#ifndef __linux__
    fcntl(passed, F_SETFD, FD_CLOEXEC);
#endif
  }
  *(int32_t *)words = passed;
  return integer(env, (int32_t)came);
}

napi_value localHasEnded(napi_env env, napi_callback_info info) {
  napi_value argv[1], result;
  int fd;
  if (readArguments(env, info, 1, argv) == NULL || !readDescriptor(env, argv[0], &fd)) return NULL;
  struct pollfd look = {.fd = fd, .events = 0};
  bool ended = poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
  return napi_get_boolean(env, ended, &result) == napi_ok ? result : NULL;
}

napi_value localKeep(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int fd;
  if (readArguments(env, info, 1, argv) == NULL || !readDescriptor(env, argv[0], &fd)) return NULL;
  if (fcntl(fd, F_DUPFD_CLOEXEC, 0) < 0) return throwErrno(env, "the connection cannot be kept", errno);
  return NULL;
}

napi_value localLock(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int fd, result;
  if (readArguments(env, info, 1, argv) == NULL || !readDescriptor(env, argv[0], &fd)) return NULL;
  do {
    result = flock(fd, LOCK_EX);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? NULL : throwErrno(env, "it cannot be locked", errno);
}
