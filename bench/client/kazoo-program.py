"""kazoo behind the same line protocol as the other contenders: see protocol.ts and measures.ts."""

import json
import os
import sys
import threading
import time

from kazoo.client import KazooClient
from kazoo.exceptions import KazooException
from kazoo.protocol.states import EventType, KazooState

DATA = b"x" * 100
SESSION_S = 10
BATCH = 1000
WARM_UP_OPERATIONS = 50
WARM_UP_BATCHES = 10
RECONNECT_LIMIT_S = 20
PROBES = 100


def now():
    return time.monotonic_ns()


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def node_path(parent, index):
    return "%s/node-%08d" % (parent, index)


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def arm(client, path, indices, told):
    """Reads nodes with a watch, a batch of them in flight at a time."""

    def hear_for(index):
        def hear(event):
            if event.type == EventType.CHANGED:
                told(index)

        return hear

    for first in range(0, len(indices), BATCH):
        batch = indices[first : first + BATCH]
        asked = [client.get_async(node_path(path, i), watch=hear_for(i)) for i in batch]
        for result in asked:
            result.get()


def single(client, path, count):
    def timed(operation):
        samples = []
        for index in range(WARM_UP_OPERATIONS + count):
            node = node_path(path, index)
            started_at = now()
            operation(node)
            samples.append(now() - started_at)
        return samples[WARM_UP_OPERATIONS:]

    return {
        "create": timed(lambda node: client.create(node, DATA)),
        "get": timed(client.get),
        "delete": timed(client.delete),
    }


def pipeline(client, path, count):
    paths = [node_path(path, index) for index in range(BATCH)]

    def batch():
        started_at = now()
        asked = [client.get_async(node) for node in paths]
        for result in asked:
            result.get()
        return now() - started_at

    for _ in range(WARM_UP_BATCHES):
        batch()
    processor_ns = time.process_time_ns()
    samples = [batch() for _ in range(count)]
    return {"batch": samples, "processor": [(time.process_time_ns() - processor_ns) / count]}


def watches(client, path, count):
    told = set()
    everything = threading.Event()

    def hear(index):
        told.add(index)
        if len(told) == count:
            everything.set()

    arm(client, path, range(count), hear)
    processor_ns = time.process_time_ns()
    started_at = now()
    say({"ask": "fire"})
    everything.wait()
    return {
        "told": [now() - started_at],
        "processor": [time.process_time_ns() - processor_ns],
    }


def reconnect(client, path, count):
    """kazoo forgets its watches when the connection breaks. All nodes are read again."""
    last = count - 1
    told = set()
    heard = threading.Event()
    connected = threading.Event()

    def hear(index):
        told.add(index)
        if index == last:
            heard.set()

    armed_at = now()
    arm(client, path, range(count), hear)
    armed = now() - armed_at
    memory = resident_bytes()
    client.add_listener(lambda state: connected.set() if state == KazooState.CONNECTED else None)
    processor_ns = time.process_time_ns()
    started_at = now()
    say({"ask": "cut"})
    if not connected.wait(RECONNECT_LIMIT_S):
        raise TimeoutError("not connected again within 20 s")
    connected_at = now()
    arm(client, path, range(count), hear)
    client.set(node_path(path, last), DATA)
    if not heard.wait(RECONNECT_LIMIT_S):
        raise TimeoutError("not told within 20 s")
    samples = {
        "armed": [armed],
        "memory": [memory],
        "told": [now() - started_at],
        "connected": [connected_at - started_at],
        "processor": [time.process_time_ns() - processor_ns],
    }

    others = [probe * last // PROBES for probe in range(PROBES)]
    asked = [client.set_async(node_path(path, index), DATA) for index in others]
    for result in asked:
        result.get()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not told.issuperset(others):
        time.sleep(0.01)
    samples["kept"] = [len(told.intersection(others))]
    return samples


MEASURES = {
    "single": single,
    "pipeline": pipeline,
    "watches": watches,
    "reconnect": reconnect,
}


def main():
    command = json.loads(sys.stdin.readline())
    try:
        client = KazooClient(hosts=sys.argv[1], timeout=SESSION_S)
        client.start()
        measure = MEASURES[command["measure"]]
        samples = measure(client, command["path"], command["count"])
        say({"samples": samples, "failed": None})
    except (KazooException, TimeoutError) as error:
        say({"samples": {}, "failed": "%s: %s" % (type(error).__name__, error)})
    # Its threads are of no use any more.
    os._exit(0)


main()
