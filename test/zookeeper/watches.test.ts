import { expect, test } from "bun:test";
import { settle } from "../fake/scheduler.ts";
import { writeStat } from "../fake/zookeeper-transport.ts";
import type { FakePeer, FakeRequest } from "../fake/zookeeper-transport.ts";
import { bytes, failure, forever, stage } from "./stage.fixture.ts";

async function answerData(peer: FakePeer): Promise<void> {
  const { xid } = await peer.request();
  peer.reply(xid, { zxid: 40n, body: (writer) => writeStat(writer.buffer(bytes("x"))) });
}

function readRearm({ body }: FakeRequest): { zxid: bigint; lists: string[][] } {
  const zxid = body.long();
  const lists: string[][] = [];
  while (body.remaining > 0) lists.push(body.vector((reader) => reader.string()));
  return { zxid, lists };
}

test("watches: one fires once, on the connection on which it was set", async () => {
  const { client, accept } = stage({ chroot: "/c" });
  const peer = await accept();
  const read = client.getData("/a", { watch: forever });
  await answerData(peer);
  const { watch } = await read;
  peer.notify(3, "/c/a");
  expect(await watch).toEqual({ kind: "changed", path: "/a", unbroken: true });
  peer.notify(3, "/c/a");
  await settle();
  expect(client.state).toBe("connected");
  client.abandon();
});

test("watches: a missing node arms exists but not getData", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const read = failure(client.getData("/a", { watch: forever }));
  await peer.request();
  peer.reply(1, { error: -101 });
  expect((await read).code).toBe("no-node");
  const asked = client.exists("/a", { watch: forever });
  await peer.request();
  peer.reply(2, { error: -101 });
  const { stat, watch } = await asked;
  expect(stat).toBeUndefined();
  peer.notify(1, "/a");
  expect(await watch).toEqual({ kind: "created", path: "/a", unbroken: true });
  client.abandon();
});

test("watches: after a reconnect they are armed again, and what they tell is not unbroken", async () => {
  const { client, accept } = stage();
  const first = await accept();
  const read = client.getData("/a", { watch: forever });
  await answerData(first);
  const { watch } = await read;
  const children = client.getChildren("/b", { watch: forever });
  const { xid } = await first.request();
  first.reply(xid, { zxid: 41n, body: (writer) => writeStat(writer.int(0)) });
  await children;
  first.end();
  await settle();
  const queued = client.delete("/z");
  const second = await accept();
  const rearm = await second.request();
  expect([rearm.xid, rearm.opcode]).toEqual([-8, 101]);
  expect(readRearm(rearm)).toEqual({ zxid: 41n, lists: [["/a"], [], ["/b"]] });
  second.notify(2, "/a");
  expect(await watch).toEqual({ kind: "deleted", path: "/a", unbroken: false });
  second.reply(-8);
  const request = await second.request();
  expect(request.opcode).toBe(2);
  second.reply(request.xid);
  await queued;
  client.abandon();
});

test("watches: a server that does not arm them again loses the connection", async () => {
  const { client, accept } = stage();
  const first = await accept();
  const read = client.getData("/a", { watch: forever });
  await answerData(first);
  await read;
  first.end();
  const second = await accept();
  await second.request();
  second.reply(-8, { error: -6, zxid: -1n });
  await settle();
  expect(second.closedByClient).toBe(true);
  client.abandon();
});

test("watches: an aborted one resolves, is forgotten, and is not armed again", async () => {
  const { client, accept } = stage();
  const first = await accept();
  const controller = new AbortController();
  const read = client.getData("/a", { watch: controller.signal });
  await answerData(first);
  const { watch } = await read;
  controller.abort();
  expect(await watch).toEqual({ kind: "aborted" });
  first.end();
  const second = await accept();
  expect(second.unread).toBe(0);
  client.abandon();
});

test("watches: the end of the session resolves them all", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const read = client.getData("/a", { watch: forever });
  await answerData(peer);
  const { watch } = await read;
  client.abandon();
  expect(await watch).toEqual({ kind: "session-ended" });
});

test("watches: their number is bounded", async () => {
  const { client, accept } = stage({ limits: { watches: 1 } });
  const peer = await accept();
  const read = client.getData("/a", { watch: forever });
  await answerData(peer);
  await read;
  const refused = await failure(client.getData("/b", { watch: forever }));
  expect(refused).toMatchObject({ code: "queue-full", outcome: "not-executed" });
  client.abandon();
});

test("watches: a thousand on one long-lived signal leave no listener behind", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const counted = new CountingSignal();
  for (let round = 0; round < 1_000; round += 1) {
    const read = client.getData("/a", { watch: counted.signal, signal: counted.signal });
    await answerData(peer);
    const { watch } = await read;
    peer.notify(3, "/a");
    await watch;
  }
  expect(counted.listeners).toBe(0);
  client.abandon();
});

test("watches: those of one signal share a listener, and all end with it", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const counted = new CountingSignal();
  const { signal } = counted;
  const watches: Promise<unknown>[] = [];
  for (const path of ["/a", "/b", "/c"]) {
    const read = client.getData(path, { watch: signal });
    await answerData(peer);
    const { watch } = await read;
    watches.push(Promise.resolve(watch));
  }
  expect(counted.listeners).toBe(1);
  counted.abort();
  const aborted = { kind: "aborted" };
  expect(await Promise.all(watches)).toEqual([aborted, aborted, aborted]);
  expect(counted.listeners).toBe(0);
  client.abandon();
});

test("watches: a persistent one tells every event, and a gap after a reconnect", async () => {
  const { client, accept } = stage();
  const first = await accept();
  const adding = client.addWatch("/a", { recursive: true });
  const added = await first.request();
  expect(added.opcode).toBe(106);
  first.reply(added.xid, { body: (writer) => writer.int(0) });
  const watch = await adding;
  const events = watch[Symbol.asyncIterator]();
  first.notify(1, "/a/b");
  first.notify(4, "/a");
  first.notify(2, "/ab");
  first.notify(3, "/a");
  expect((await events.next()).value).toEqual({ kind: "created", path: "/a/b" });
  expect((await events.next()).value).toEqual({ kind: "changed", path: "/a" });
  first.end();
  const second = await accept();
  const rearm = await second.request();
  expect(rearm.opcode).toBe(105);
  expect(readRearm(rearm).lists).toEqual([[], [], [], [], ["/a"]]);
  second.reply(-8);
  expect((await events.next()).value).toEqual({ kind: "gap" });
  client.abandon();
  expect((await events.next()).value).toEqual({ kind: "session-ended" });
  expect((await events.next()).done).toBe(true);
});

test("watches: a slow reader of a persistent one gets a gap instead of growing memory", async () => {
  const { client, accept } = stage({ limits: { bufferedEvents: 3 } });
  const peer = await accept();
  const adding = client.addWatch("/a");
  await peer.request();
  peer.reply(1, { body: (writer) => writer.int(0) });
  const watch = await adding;
  for (let event = 0; event < 4; event += 1) peer.notify(3, "/a");
  await settle();
  const closing = watch[Symbol.asyncIterator]();
  expect((await closing.next()).value).toEqual({ kind: "gap" });
  expect((await closing.next()).value).toEqual({ kind: "changed", path: "/a" });
  const closed = watch.close();
  const removal = await peer.request();
  expect(removal.opcode).toBe(18);
  peer.reply(removal.xid, { error: -121 });
  await closed;
  expect((await closing.next()).done).toBe(true);
  client.abandon();
});

/** An abort signal that knows how many listen to it. */
class CountingSignal {
  readonly #controller = new AbortController();
  listeners = 0;

  abort(): void {
    this.#controller.abort();
  }

  get signal(): AbortSignal {
    const { signal } = this.#controller;
    const count = (by: number): void => {
      this.listeners += by;
    };
    return new Proxy(signal, {
      get(target, key) {
        if (key === "addEventListener") count(1);
        if (key === "removeEventListener") count(-1);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }
}
