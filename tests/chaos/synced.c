/* Records what a process has synced: what a power cut leaves of its files.

   Loaded by LD_PRELOAD. After each fsync or fdatasync of something below POWER_ROOT, a
   directory POWER_SHADOW/000000, 000001, ... gets

   synced   the inode that was synced
   data     its bytes, if it is a file
   tree     a line for all that is below POWER_ROOT then: type, inode, path
   link     a hard link, so that the number of the inode is not used again */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *tree;
static size_t root_length;

static int note(const char *path, const struct stat *status, int kind, struct FTW *at) {
  (void)kind, (void)at;
  fprintf(tree, "%c %lu %s\n", S_ISDIR(status->st_mode) ? 'd' : 'f',
          (unsigned long)status->st_ino, path + root_length);
  return 0;
}

static void copy(int source, const char *target) {
  char buffer[1 << 16];
  int file = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ssize_t count;
  for (off_t at = 0; (count = pread(source, buffer, sizeof buffer, at)) > 0; at += count)
    if (write(file, buffer, count) != count) abort();
  close(file);
}

static void record(int descriptor) {
  const char *root = getenv("POWER_ROOT"), *shadow = getenv("POWER_SHADOW");
  char link[64], path[PATH_MAX] = "", event[PATH_MAX], name[PATH_MAX + 16];
  struct stat status;
  if (!root || !shadow) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  if (readlink(link, path, sizeof path - 1) < 0) return;
  root_length = strlen(root);
  if (strncmp(path, root, root_length) || fstat(descriptor, &status)) return;
  pthread_mutex_lock(&lock);
  int number = 0;
  do snprintf(event, sizeof event, "%s/%06d", shadow, number++);
  while (mkdir(event, 0700));
  if (S_ISREG(status.st_mode)) {
    snprintf(name, sizeof name, "%s/data", event);
    /* The descriptor may be one for writing alone. */
    int file = open(link, O_RDONLY);
    copy(file, name);
    close(file);
    snprintf(name, sizeof name, "%s/link", event);
    linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
  }
  snprintf(name, sizeof name, "%s/tree", event);
  tree = fopen(name, "w");
  nftw(root, note, 16, FTW_PHYS);
  fclose(tree);
  snprintf(name, sizeof name, "%s/synced", event);
  FILE *synced = fopen(name, "w");
  fprintf(synced, "%lu\n", (unsigned long)status.st_ino);
  fclose(synced);
  pthread_mutex_unlock(&lock);
}

int fsync(int descriptor) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  int result = real(descriptor);
  if (!result) record(descriptor);
  return result;
}

int fdatasync(int descriptor) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  int result = real(descriptor);
  if (!result) record(descriptor);
  return result;
}
