import { expect, test } from "bun:test";
import { connect } from "node:net";
import { EventStreams, mostStreams } from "../../src/http/event-streams.ts";
import { HttpServer } from "../../src/http/http-server.ts";
import { FakeScheduler, settle } from "../fake/scheduler.ts";

type Picture = Record<string, unknown>;

/** Streams of a picture that the test changes. */
function start(first: Picture = { state: "Init", stateMs: 0, line: null }) {
  const scheduler = new FakeScheduler();
  const listeners = new Set<() => void>();
  const failures: unknown[] = [];
  let picture: Picture = first;
  let pictures = 0;
  let looks = 0;
  const streams = new EventStreams({
    picture: () => {
      pictures += 1;
      if (picture["broken"] === true) throw new Error("no picture");
      return picture;
    },
    listen: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    look: () => {
      looks += 1;
      return Promise.resolve();
    },
    scheduler,
    failed: (error) => failures.push(error),
  });
  return {
    scheduler,
    streams,
    failures,
    listeners,
    change: (news: Picture) => {
      picture = { ...picture, ...news };
      for (const listener of listeners) listener();
    },
    pictures: () => pictures,
    looks: () => looks,
  };
}

/** Reads a stream as a client does that takes whatever comes. */
function read(body: ReadableStream<Uint8Array> | undefined) {
  if (body === undefined) throw new Error("the stream was refused");
  const texts: string[] = [];
  const reader = body.getReader();
  const ended = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      texts.push(new TextDecoder().decode(value));
    }
  })();
  return { texts, ended, leave: () => reader.cancel() };
}

test("events: the first holds everything, each later one what has changed", async () => {
  const { scheduler, streams, change } = start();
  const { texts } = read(streams.open());
  await settle();
  change({ state: "Attempter", stateMs: 5 });
  await scheduler.advance(100);
  expect(texts).toEqual([
    'retry: 1000\nevent: status\ndata: {"state":"Init","line":null,"stateMs":0}\n\n',
    'event: status\ndata: {"state":"Attempter","stateMs":5}\n\n',
  ]);
});

test("events: a line break in a value stays within its event", async () => {
  const { streams } = start({ detail: "one\ntwo\r\n\nevent: x" });
  const { texts } = read(streams.open());
  await settle();
  expect(texts[0]?.split("\n")).toHaveLength(5);
});

test("events: what only the clock has changed is no event", async () => {
  const { scheduler, streams, change } = start({
    leader: { replica: "a", seenAt: "1" },
    stateMs: 0,
  });
  const { texts } = read(streams.open());
  await settle();
  change({ leader: { replica: "a", seenAt: "2" }, stateMs: 7 });
  await scheduler.advance(5_000);
  expect(texts).toHaveLength(1);
});

test("events: changes that come fast are told by the latest state, at most every 100 ms", async () => {
  const { scheduler, streams, change } = start();
  const { texts } = read(streams.open());
  await settle();
  for (let count = 1; count <= 100; count += 1) {
    change({ count });
    await scheduler.advance(10);
  }
  await scheduler.advance(100);
  expect(texts.length).toBeLessThanOrEqual(12);
  expect(texts.at(-1)).toContain('"count":100');
});

test("events: a stream on which nothing happens says every 15 s that it lives", async () => {
  const { scheduler, streams } = start();
  const { texts } = read(streams.open());
  await scheduler.advance(30_000);
  expect(texts.slice(1)).toEqual([": still here\n\n", ": still here\n\n"]);
});

test("events: while nobody reads, nothing is listened to, asked, or waited for", async () => {
  const { scheduler, streams, listeners, looks, pictures } = start();
  expect([listeners.size, scheduler.sleeping]).toEqual([0, 0]);
  const one = read(streams.open());
  const two = read(streams.open());
  await scheduler.advance(4_000);
  expect([listeners.size, looks()]).toEqual([1, 3]);
  await one.leave();
  expect(listeners.size).toBe(1);
  await two.leave();
  await settle();
  const drawn = pictures();
  await scheduler.advance(60_000);
  expect([listeners.size, looks(), scheduler.sleeping, pictures()]).toEqual([0, 3, 0, drawn]);
});

test("events: one reader too many is refused, and gets in when another leaves", async () => {
  const { streams } = start();
  const readers = Array.from({ length: mostStreams }, () => read(streams.open()));
  expect(streams.open()).toBeUndefined();
  await readers[0]?.leave();
  read(streams.open());
  expect(streams.open()).toBeUndefined();
});

test("events: the end tells the latest state, and no reader comes after it", async () => {
  const { scheduler, streams, change, listeners } = start();
  const { texts, ended } = read(streams.open());
  await settle();
  change({ state: "Stopping" });
  streams[Symbol.dispose]();
  streams[Symbol.dispose]();
  await ended;
  expect(texts.at(-1)).toContain('"state":"Stopping"');
  expect(streams.open()).toBeUndefined();
  expect([listeners.size, scheduler.sleeping]).toEqual([0, 0]);
});

test("events: a picture that fails is told to us and ends the stream", async () => {
  const { streams, failures } = start({ broken: true });
  const { texts, ended } = read(streams.open());
  await ended;
  expect([texts, failures.map(String)]).toEqual([[], ["Error: no picture"]]);
});

test("events: a reader that takes nothing costs one event, however much happens", async () => {
  const { scheduler, streams, change, pictures } = start();
  const body = streams.open();
  const reader = body?.getReader();
  await reader?.read();
  for (let count = 0; count < 1_000; count += 1) {
    change({ count, ballast: "x".repeat(10_000) });
    await scheduler.advance(100);
  }
  // It made one picture for the event that was read, and none for what nobody took.
  expect(pictures()).toBe(1);
  const next = reader?.read();
  await scheduler.advance(100);
  expect(new TextDecoder().decode((await next)?.value)).toContain('"count":999');
});

test("events: over a connection that is not read, memory and work stay bounded", async () => {
  const listeners = new Set<() => void>();
  const scheduler = new FakeScheduler();
  let pictures = 0;
  await using server = await HttpServer.open({
    address: { kind: "tcp", host: "127.0.0.1", port: 0 },
    scheduler,
    failed: () => undefined,
    providers: {
      state: () => "Attempter",
      isLeader: () => false,
      epoch: () => undefined,
      leader: () => undefined,
      status: () => {
        pictures += 1;
        return { pictures, ballast: `${pictures}`.padEnd(200_000, "x") };
      },
      listen: (listener) => {
        listeners.add(listener);
        return { [Symbol.dispose]: () => listeners.delete(listener) };
      },
      look: () => Promise.resolve(),
      metrics: () => Promise.resolve(""),
      changes: { stepDown: () => ({ kind: "invalid", expected: "nothing" }) },
      metricsType: "text/plain",
    },
  });
  const socket = connect(Number(server.address.split(":")[1]), "127.0.0.1");
  socket.pause();
  socket.write("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  while (listeners.size === 0) await settle();
  for (let count = 0; count < 500; count += 1) {
    for (const listener of listeners) listener();
    await scheduler.advance(100);
  }
  // What the kernel's buffers hold is a few megabytes, 20 events or so; then nobody pulls.
  expect(pictures).toBeGreaterThan(1);
  expect(pictures).toBeLessThan(100);
  socket.destroy();
  while (listeners.size > 0) await settle();
});
