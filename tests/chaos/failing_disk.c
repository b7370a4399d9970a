/* Reads of some files fail, as they do on a disk that dies.

   cc -shared -fPIC -o failing_disk.so failing_disk.c
   LD_PRELOAD=failing_disk.so FAULT_FILE=part-of-a-path FAULT_FROM=bytes  program

   Every read at or behind that byte of a file whose path contains FAULT_FILE ends with EIO. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int file, size_t count, off_t offset) {
  const char *name = getenv("FAULT_FILE"), *from = getenv("FAULT_FROM");
  char link[64], path[4096];
  if (!name || !from || offset + (off_t)count <= atoll(from)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return strstr(path, name) != NULL;
}

#define FAULTY(NAME)                                                        \
  ssize_t NAME(int file, void *buffer, size_t count, off_t offset) {        \
    static ssize_t (*whole)(int, void *, size_t, off_t);                    \
    if (!whole) whole = (ssize_t(*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, #NAME); \
    if (fails(file, count, offset)) {                                       \
      errno = EIO;                                                          \
      return -1;                                                            \
    }                                                                       \
    return whole(file, buffer, count, offset);                              \
  }
FAULTY(pread)
FAULTY(pread64)
