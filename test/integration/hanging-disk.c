/* Preloaded into a replica: every flush waits while the file named by HANG_WHILE exists. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

int fsync(int descriptor) {
  int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  const char *mark = getenv("HANG_WHILE");
  while (mark != NULL && access(mark, F_OK) == 0) usleep(10000);
  return flush(descriptor);
}
