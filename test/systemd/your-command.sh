#!/bin/sh
# The command that the example of deploy/ names. It writes its epoch every 100 ms. STUBBORN=yes
# ignores the signals that ask it to end, and so does a writer that it detaches from itself.
place=/var/lib/your-command
exec >>"$place/duty"
say() { echo "$ELECTION_EPOCH $(date +%s%3N) $1"; }

if [ "$STUBBORN" = yes ]; then
  trap '' INT TERM
else
  trap 'say INT; exit 0' INT
  trap 'say TERM' TERM
fi
if [ "$1" != detached ]; then
  # Every process of the command inherits it: it is free when the last of them is dead.
  exec 9>"$place/lock"
  flock --nonblock 9 || say overlap
  # What the unit alone forbids, and the example allows again.
  [ -z "$(nice -n 1 chown election "$place/lock" 2>&1)" ] || say forbidden
  say starts
  [ "$STUBBORN" != yes ] || setsid "$0" detached &
fi
while :; do
  if [ -e "$place/eat" ]; then
    rm "$place/eat"
    say eats
    # It takes all the memory there is.
    exec tail /dev/zero
  fi
  say works
  sleep 0.1
done
