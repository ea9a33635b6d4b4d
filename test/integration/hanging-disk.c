/* Preloaded into a replica: its flushes, renames or removals wait while a file that a variable
   names exists. Whoever waits says so by a file of the same name with `.held` behind it. Every flush
   is told in the file that FLUSH_LOG names, where there is one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_while(const char *variable) {
  const char *mark = getenv(variable);
  if (mark == NULL || access(mark, F_OK) != 0) return;
  char held[PATH_MAX];
  snprintf(held, sizeof held, "%s.held", mark);
  int descriptor = open(held, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (descriptor >= 0) close(descriptor);
  while (access(mark, F_OK) == 0) usleep(1000);
}

static void tell_flush(int descriptor) {
  const char *log = getenv("FLUSH_LOG");
  FILE *lines = log == NULL ? NULL : fopen(log, "a");
  if (lines == NULL) return;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path);
  fprintf(lines, "%.*s\n", length < 0 ? 0 : (int)length, path);
  fclose(lines);
}

int fsync(int descriptor) {
  int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  wait_while("HANG_FLUSHES_WHILE");
  tell_flush(descriptor);
  return flush(descriptor);
}

int rename(const char *from, const char *to) {
  int (*move)(const char *, const char *) =
      (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
  wait_while("HANG_RENAMES_WHILE");
  return move(from, to);
}

int unlink(const char *path) {
  int (*drop)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
  wait_while("HANG_REMOVALS_WHILE");
  return drop(path);
}

int unlinkat(int directory, const char *path, int flags) {
  int (*drop)(int, const char *, int) = (int (*)(int, const char *, int))dlsym(RTLD_NEXT, "unlinkat");
  wait_while("HANG_REMOVALS_WHILE");
  return drop(directory, path, flags);
}
