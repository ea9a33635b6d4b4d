import { expect, test } from "bun:test";
import { MultiError } from "../../src/zookeeper/errors.ts";
import { settle } from "../fake/scheduler.ts";
import { writeStat } from "../fake/zookeeper-transport.ts";
import { bytes, failure, forever, stage } from "./stage.fixture.ts";

test("requests: what is asked in one turn goes out in one write, and is answered in order", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const writes = peer.writes.length;
  const answers = Promise.all([client.getData("/a"), client.getData("/b")]);
  const [first, second] = [await peer.request(), await peer.request()];
  expect(peer.writes.length).toBe(writes + 1);
  expect([first.xid, second.xid]).toEqual([1, 2]);
  for (const [xid, text] of [
    [1, "one"],
    [2, "two"],
  ] as const) {
    peer.reply(xid, { body: (writer) => writeStat(writer.buffer(bytes(text))) });
  }
  expect((await answers).map(({ data }) => new TextDecoder().decode(data))).toEqual(["one", "two"]);
  client.abandon();
});

test("requests: a definite refusal is not-executed and carries code, number and path", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const refused = failure(client.create("/a", bytes("")));
  await peer.request();
  peer.reply(1, { error: -110 });
  expect(await refused).toMatchObject({
    code: "node-exists",
    wireCode: -110,
    outcome: "not-executed",
    path: "/a",
    operation: "create",
  });
  client.abandon();
});

test("requests: an unknown error code is a generic error, and the connection lives (J)", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const refused = failure(client.delete("/a"));
  await peer.request();
  peer.reply(1, { error: -4711 });
  expect(await refused).toMatchObject({
    code: "unknown-code",
    wireCode: -4711,
    outcome: "unknown",
  });
  const after = client.exists("/a");
  await peer.request();
  peer.reply(2, { error: -101 });
  expect((await after).stat).toBeUndefined();
  client.abandon();
});

test("requests: an aborted one that was not sent is not-executed, and never is", async () => {
  const { client, accept } = stage();
  const controller = new AbortController();
  const aborted = failure(client.delete("/a", { signal: controller.signal }));
  const kept = client.delete("/b");
  controller.abort();
  expect(await aborted).toMatchObject({ code: "aborted", outcome: "not-executed" });
  const peer = await accept();
  const request = await peer.request();
  expect(request.body.string()).toBe("/b");
  peer.reply(request.xid);
  await kept;
  client.abandon();
});

test("requests: an aborted one that was sent is unknown, and its answer is swallowed", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const controller = new AbortController();
  const aborted = failure(client.delete("/a", { signal: controller.signal }));
  const kept = client.delete("/b");
  await peer.request();
  controller.abort();
  expect(await aborted).toMatchObject({ code: "aborted", outcome: "unknown" });
  peer.reply(1);
  peer.reply(2);
  await kept;
  expect(client.state).toBe("connected");
  const early = await failure(client.delete("/a", { signal: controller.signal }));
  expect(early).toMatchObject({ code: "aborted", outcome: "not-executed" });
  client.abandon();
});

test("requests: the number of unanswered ones is bounded, aborted ones included", async () => {
  const { client, accept } = stage({ limits: { requests: 2 } });
  const peer = await accept();
  const controller = new AbortController();
  const first = failure(client.delete("/a", { signal: controller.signal }));
  const second = client.delete("/b");
  controller.abort();
  await first;
  expect(await failure(client.delete("/c"))).toMatchObject({
    code: "queue-full",
    outcome: "not-executed",
  });
  peer.reply(1);
  peer.reply(2);
  await second;
  const third = client.delete("/c");
  peer.reply(3);
  await third;
  client.abandon();
});

test("requests: pending are those queued and those sent, until their answer or the end", async () => {
  const { client, accept } = stage();
  const first = client.delete("/a");
  const given = new AbortController();
  const withdrawn = failure(client.delete("/b", { signal: given.signal }));
  expect(client.pendingRequests).toBe(2);
  given.abort();
  await withdrawn;
  expect(client.pendingRequests).toBe(1);
  const peer = await accept();
  expect(client.pendingRequests).toBe(1);
  await peer.request();
  peer.reply(1);
  await first;
  expect(client.pendingRequests).toBe(0);
  const last = failure(client.delete("/c"));
  expect(client.pendingRequests).toBe(1);
  client.abandon();
  await last;
  expect(client.pendingRequests).toBe(0);
});

test("requests: bytes are bounded, in one request and in all", async () => {
  const { client, accept } = stage({ limits: { requestBytes: 100, sentFrameBytes: 80 } });
  await accept();
  const large = await failure(client.setData("/a", new Uint8Array(80)));
  expect(large).toMatchObject({ code: "too-large", outcome: "not-executed" });
  const fits = failure(client.setData("/a", new Uint8Array(50)));
  expect((await failure(client.setData("/a", new Uint8Array(50)))).code).toBe("queue-full");
  client.abandon();
  expect(await fits).toMatchObject({ code: "closed", outcome: "unknown" });
});

test("requests: a bad path is refused here and says why", async () => {
  const { client } = stage();
  expect(await failure(client.getData("/a/"))).toMatchObject({
    code: "bad-path",
    outcome: "not-executed",
  });
  expect((await failure(client.create("x", bytes("")))).code).toBe("bad-path");
  const mode = "persistent-ttl";
  expect((await failure(client.create("/x", bytes(""), { mode }))).code).toBe("bad-arguments");
  client.abandon();
});

test("requests: the chroot goes before every path and comes off every answer", async () => {
  const { client, accept } = stage({ chroot: "/c" });
  const peer = await accept();
  const created = client.create("/", bytes(""), { mode: "persistent-sequential" });
  const request = await peer.request();
  expect(request.body.string()).toBe("/c/");
  peer.reply(1, { body: (writer) => writeStat(writer.string("/c/0000000001")) });
  expect((await created).path).toBe("/0000000001");
  const done = client.multi([{ kind: "create", path: "/m", data: bytes("") }]);
  const multi = await peer.request();
  multi.body.int();
  multi.body.boolean();
  multi.body.int();
  expect(multi.body.string()).toBe("/c/m");
  peer.reply(2, {
    body: (writer) => {
      writer.int(15).boolean(false).int(0).string("/c/m");
      writeStat(writer);
      writer.int(-1).boolean(true).int(-1);
    },
  });
  expect(await done).toMatchObject([{ kind: "created", path: "/m" }]);
  client.abandon();
});

test("requests: a refused multi names the operation to blame", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const refused = failure(
    client.multi([
      { kind: "check", path: "/a", version: 1 },
      { kind: "delete", path: "/b" },
      { kind: "delete", path: "/c" },
    ]),
  );
  await peer.request();
  peer.reply(1, {
    body: (writer) => {
      for (const error of [0, -110, -2]) writer.int(-1).boolean(false).int(error).int(error);
      writer.int(-1).boolean(true).int(-1);
    },
  });
  const error = await refused;
  expect(error).toBeInstanceOf(MultiError);
  expect(error).toMatchObject({
    index: 1,
    code: "node-exists",
    path: "/b",
    outcome: "not-executed",
  });
  client.abandon();
});

test("requests: a multi answered with too few results is malformed", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const lost = failure(client.multi([{ kind: "delete", path: "/b" }]));
  await peer.request();
  peer.reply(1, { body: (writer) => writer.int(-1).boolean(true).int(-1) });
  expect(await lost).toMatchObject({ code: "malformed-reply", outcome: "unknown" });
  expect(client.state).toBe("suspended");
  client.abandon();
});

test.each([
  ["an answer to nothing", (xid: number) => xid + 7],
  ["an answer out of order", (xid: number) => xid + 1],
])("requests: %s breaks the connection and leaves the outcome unknown", async (_name, wrong) => {
  const { client, accept } = stage();
  const peer = await accept();
  const lost = failure(client.delete("/a"));
  const alsoLost = failure(client.delete("/b"));
  await peer.request();
  peer.reply(wrong(1));
  for (const error of [await lost, await alsoLost]) {
    expect(error).toMatchObject({ code: "connection-loss", outcome: "unknown" });
  }
  expect(peer.closedByClient).toBe(true);
  client.abandon();
});

test("requests: hostile frames break the connection and throw nothing", async () => {
  const hostile = [
    [0x7f, 0xff, 0xff, 0xff],
    [0xff, 0xff, 0xff, 0xff],
    [0, 0, 0, 0],
    [0, 0, 0, 3, 1, 2, 3],
    [0, 0, 0, 20, ...Array.from({ length: 20 }, () => 0xff)],
  ];
  for (const frame of hostile) {
    const { client, accept } = stage();
    const peer = await accept();
    const lost = failure(client.getData("/a"));
    peer.send(new Uint8Array(frame));
    expect(await lost).toMatchObject({ code: "connection-loss", outcome: "unknown" });
    const next = await accept();
    expect(next.closedByClient).toBe(false);
    expect(client.state).toBe("connected");
    client.abandon();
  }
});

test("requests: a good header over a bad body is malformed-reply", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const lost = failure(client.getChildren("/a", { watch: forever }));
  await peer.request();
  peer.reply(1, { body: (writer) => writer.int(1_000_000_000) });
  expect(await lost).toMatchObject({ code: "malformed-reply", outcome: "unknown" });
  expect(peer.closedByClient).toBe(true);
  client.abandon();
});

test("requests: each is observed with its outcome and duration", async () => {
  const { client, accept, scheduler, events } = stage();
  const peer = await accept();
  const done = client.delete("/a");
  await scheduler.advance(20);
  peer.reply(1);
  await done;
  await settle();
  expect(events.filter(({ kind }) => kind === "request")).toEqual([
    { kind: "request", operation: "delete", outcome: "ok", durationMs: 20 },
  ]);
  client.abandon();
});
