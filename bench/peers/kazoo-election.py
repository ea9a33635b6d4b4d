"""Candidates on kazoo's Election, as its documentation has it.

  kazoo-election.py SERVERS PATH DIRECTORY NAME INTERVAL_MS SESSION_MS SIZE

Each candidate has a client of its own, runs for the election again when its leadership has ended,
and ceases to act once the connection is not CONNECTED, which kazoo's documentation demands of
whoever holds a lock. SIGTERM ends the duty, releases what is held, and closes the session.
"""
import json
import os
import signal
import sys
import threading

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import KazooException
from kazoo.retry import RetryFailedError

SERVERS, PATH, DIRECTORY, NAME = sys.argv[1:5]
INTERVAL, SESSION, SIZE = int(sys.argv[5]) / 1000, int(sys.argv[6]) / 1000, int(sys.argv[7])
CAPACITY = 10


def flush_directory():
    descriptor = os.open(DIRECTORY, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)


def write(name, term, sequence):
    """One effect: a numbered file, flushed, under its final name; and an old one less."""
    stem = "%019d-%010d" % (term, sequence)
    temporary = os.path.join(DIRECTORY, ".%s.%s.tmp" % (stem, name))
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump({"replica": name, "epoch": str(term), "sequence": sequence}, file)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, os.path.join(DIRECTORY, stem + ".json"))
    flush_directory()
    if sequence > CAPACITY:
        old = "%019d-%010d.json" % (term, sequence - CAPACITY)
        os.unlink(os.path.join(DIRECTORY, old))


class Candidate:
    def __init__(self, name):
        self.name = name
        self.stopping = False
        # Set when whatever the candidate does has to end: the process, or the connection.
        self.halt = threading.Event()
        self.client = KazooClient(hosts=SERVERS, timeout=SESSION)
        self.election = None
        self.thread = threading.Thread(target=self.compete)

    def compete(self):
        self.client.add_listener(self.listen)
        self.client.start()
        self.election = self.client.Election(PATH, self.name)
        print("ready", flush=True)
        while not self.stopping:
            try:
                self.election.run(self.lead)
            except (KazooException, RetryFailedError) as error:
                print("%s: %r" % (self.name, error), file=sys.stderr)
                self.halt.wait(0.1)

    def listen(self, state):
        if state != KazooState.CONNECTED:
            self.halt.set()

    def lead(self):
        if not self.stopping:
            self.halt.clear()
        if self.client.state != KazooState.CONNECTED:
            return
        term = int(self.election.lock.node[-10:])
        sequence = 0
        while not self.halt.is_set():
            sequence += 1
            write(self.name, term, sequence)
            self.halt.wait(INTERVAL)

    def stop(self):
        self.stopping = True
        self.halt.set()
        if self.election is not None:
            self.election.cancel()

    def close(self):
        self.thread.join()
        self.client.stop()
        self.client.close()


threading.stack_size(256 * 1024)
candidates = [Candidate(NAME if SIZE == 1 else "%s-%d" % (NAME, n)) for n in range(SIZE)]
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
for candidate in candidates:
    candidate.thread.start()
    if stop.wait(0 if SIZE == 1 else 0.01):
        break
stop.wait()
for candidate in candidates:
    candidate.stop()
if SIZE > 1:
    # Sessions run out by themselves.
    os._exit(0)
for candidate in candidates:
    candidate.close()
