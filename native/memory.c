/**
 * One memory in several processes: a file without a name is mapped over the pages of a WebAssembly.Memory.
 *
 * The engine has reserved the addresses, with guard regions around them, when the memory was made, and it
 * unmaps all of it in the end. MAP_FIXED changes what lies under the middle, and nothing that the engine
 * knows. So the memory must have its full size from the beginning: pages that it adds later would be its own
 * again. The file is sparse: pages that nobody has touched take no room.
 *
 * No wake-ups here. Where a process ends, however, the kernel unmaps the file, and frees it with the last
 * mapping or descriptor: it has no name that could be left behind. A thread that is terminated in here has
 * finished the call first, as the engine cannot interrupt it; a descriptor that it then never saw stays open
 * until the process ends.
 */
#define _GNU_SOURCE
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arguments.h"

#define PAGE 65536.0
#define MOST_PAGES 65536.0

#ifdef __linux__

#include <sys/syscall.h>

/** Linux 6.3: not executable either. Without it newer kernels complain in their log, or refuse. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

static int openFile(void) {
  // By its number: the C library's function is younger than the call.
  int fd = (int)syscall(SYS_memfd_create, "nogil", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  if (fd >= 0 || errno != EINVAL) return fd;
  return (int)syscall(SYS_memfd_create, "nogil", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/** A file that shrinks would kill all who have it mapped at their next access. */
static int fixSize(int fd) {
  return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

static void afterMapping(void *base, size_t size) {
  // A core dump need not have all of it, most of which is holes.
  madvise(base, size, MADV_DONTDUMP);
}

#else // macOS. Not run yet.

static int openFile(void) {
  static int count;
  char name[32];
  snprintf(name, sizeof name, "/nogil-%d-%d", (int)getpid(), __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED));
  int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  // At once: what has no name cannot be left behind. (Its descriptors are close-on-exec there.)
  if (fd >= 0) shm_unlink(name);
  return fd;
}

static int fixSize(int fd) {
  (void)fd; // The size of such an object can be set once.
  return 0;
}

static void afterMapping(void *base, size_t size) {
  (void)base;
  (void)size;
}

#endif

napi_value memoryCreate(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  double bytes;
  if (readArguments(env, info, 1, argv) == NULL) return NULL;
  if (!readInteger(env, argv[0], "bytes", PAGE, PAGE * MOST_PAGES, &bytes)) return NULL;
  int fd = openFile();
  if (fd < 0) return throwErrno(env, "no file for the shared memory", errno);
  if (ftruncate(fd, (off_t)bytes) == 0 && fixSize(fd) == 0) return integer(env, fd);
  int error = errno;
  close(fd);
  return throwErrno(env, "no room for the shared memory", error);
}

/** Makes the memory this thread's, and keeps it alive. @returns whether it could; if not, it has thrown */
static bool take(napi_env env, Thread *thread, napi_value bytes, uint8_t *base, size_t size) {
  napi_ref memory;
  if (napi_create_reference(env, bytes, 1, &memory) != napi_ok) {
    napi_throw_error(env, NULL, "the memory cannot be kept");
    return false;
  }
  if (thread->memory != NULL) napi_delete_reference(env, thread->memory);
  thread->memory = memory;
  thread->base = base;
  thread->size = size;
  return true;
}

/** @returns 0, or the errno */
static int mapFile(uint8_t *base, size_t size, int fd) {
  off_t length = lseek(fd, 0, SEEK_END);
  if (length < 0) return errno;
  // Beyond the file's end every access would be SIGBUS.
  if ((size_t)length < size) return EINVAL;
  if (mmap(base, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) return errno;
  afterMapping(base, size);
  return 0;
}

napi_value memoryMap(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  uint8_t *base;
  size_t size;
  double fd;
  Thread *thread = readArguments(env, info, 2, argv);
  if (thread == NULL || !readMemory(env, argv[0], &base, &size)) return NULL;
  if (!readInteger(env, argv[1], "fd", 0, INT32_MAX, &fd)) return NULL;
  int error = mapFile(base, size, (int)fd);
  if (error == 0 && !take(env, thread, argv[0], base, size)) return NULL;
  return integer(env, error);
}

napi_value memoryAdopt(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  uint8_t *base;
  size_t size;
  Thread *thread = readArguments(env, info, 1, argv);
  if (thread != NULL && readMemory(env, argv[0], &base, &size)) take(env, thread, argv[0], base, size);
  return NULL;
}
