/* A command that cannot be caught by looking: each process forks the next and is gone. Every one of
 * them holds the lock, none heeds SIGTERM, and all of it ends by itself after two seconds.
 * With an argument each takes a session of its own, too. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments) {
  int lock = open(getenv("LOCK"), O_RDWR | O_CREAT, 0600);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) return 1;
  signal(SIGTERM, SIG_IGN);
  if (write(1, "ready\n", 6) != 6) return 1;
  for (time_t end = time(NULL) + 2; time(NULL) < end;) {
    pid_t child = fork();
    if (child > 0) _exit(0);
    if (child == 0 && count > 1) setsid();
  }
  (void)arguments;
  return 0;
}
