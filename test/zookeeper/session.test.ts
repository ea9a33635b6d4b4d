import { expect, test } from "bun:test";
import { digestCredential } from "../../src/zookeeper/credentials.ts";
import { settle } from "../fake/scheduler.ts";
import { FakeTransport, writeStat } from "../fake/zookeeper-transport.ts";
import type { FakePeer } from "../fake/zookeeper-transport.ts";
import { bytes, failure, forever, stage, timeoutMs } from "./stage.fixture.ts";

const one = { servers: [{ host: "10.0.0.1", port: 2181 }] };

/** Plays a server that answers pings and nothing else. */
async function answerPings(peer: FakePeer): Promise<void> {
  while (!peer.closedByClient) {
    const { xid } = await peer.request();
    if (xid === -2) peer.reply(-2, { zxid: 1n });
  }
}

test("session: a new one is asked for with zeros, and its grant is taken over", async () => {
  const { client, transport, events } = stage();
  expect(client.state).toBe("connecting");
  const waiting = client.connected(forever);
  const peer = await transport.accepted();
  const request = await peer.handshake({ timeoutMs: 2_000, sessionId: 77n });
  expect(request).toEqual({
    lastZxidSeen: 0n,
    timeoutMs,
    sessionId: 0n,
    password: new Uint8Array(16),
  });
  expect(await waiting).toBe(true);
  expect(client).toMatchObject({ state: "connected", sessionId: 77n, sessionTimeoutMs: 2_000 });
  expect(client.server).toBe(peer.address);
  expect(events.map(({ kind }) => kind)).toEqual(["timeout-granted", "connected"]);
  client.abandon();
});

test("session: nothing is written between the ConnectRequest and its answer", async () => {
  const { client, transport } = stage({ credentials: [digestCredential("u", "p")] });
  const queued = failure(client.delete("/a"));
  const peer = await transport.accepted();
  await settle();
  expect(peer.writes.length).toBe(1);
  client.abandon();
  expect(await queued).toMatchObject({ code: "closed", outcome: "not-executed" });
});

test("session: credentials go before watches, watches before queued requests (I2, H)", async () => {
  const { client, accept } = stage({ credentials: [digestCredential("u", "p")] });
  const first = await accept();
  await first.request();
  const read = client.getData("/a", { watch: forever });
  const { xid } = await first.request();
  first.reply(xid, { body: (writer) => writeStat(writer.buffer(bytes(""))) });
  await read;
  client.addCredential(digestCredential("v", "q"));
  first.end();
  await settle();
  const queued = failure(client.delete("/b"));
  const second = await accept();
  const sent = [1, 2, 3, 4].map(() => second.request());
  const order = (await Promise.all(sent)).map((request) => [request.xid, request.opcode]);
  expect(order).toEqual([
    [-4, 100],
    [-4, 100],
    [-8, 101],
    [1, 2],
  ]);
  client.abandon();
  await queued;
});

test("session: a refused credential ends it as auth-failed", async () => {
  const { client, accept } = stage({ credentials: [digestCredential("u", "p")] });
  const peer = await accept();
  const pending = failure(client.getData("/a"));
  peer.reply(-4, { zxid: 0n, error: -115 });
  expect((await pending).code).toBe("auth-failed");
  expect(client.end?.kind).toBe("auth-failed");
  expect(client.ended.aborted).toBe(true);
});

test("session: an answer to a credential that was never sent ends the connection only", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  peer.reply(-4, { zxid: 0n, error: -115 });
  await settle();
  expect(client.end).toBeUndefined();
  expect(peer.closedByClient).toBe(true);
  await accept();
  expect(client.state).toBe("connected");
  client.abandon();
});

test.each([2 ** 31 - 1, 24 * 60 * 60 * 1000])(
  "session: nobody goes by an unasked timeout of %d ms, and it is told",
  async (grantedMs) => {
    const { client, accept, events, scheduler } = stage();
    const peer = await accept({ timeoutMs: grantedMs });
    expect(client.sessionTimeoutMs).toBe(10 * 60 * 1000);
    expect(events[0]).toEqual({ kind: "timeout-granted", requestedMs: timeoutMs, grantedMs });
    // A server that fell silent is left while that can still help.
    await scheduler.advance(10 * 60 * 1000);
    expect(peer.closedByClient).toBe(true);
    client.abandon();
  },
);

test("session: a long timeout that was asked for is gone by", async () => {
  const day = 24 * 60 * 60 * 1000;
  const { client, accept } = stage({ sessionTimeoutMs: day });
  await accept();
  expect(client.sessionTimeoutMs).toBe(day);
  client.abandon();
});

test("session: a lost connection leaves sent requests unknown and unsent ones queued (I3, M)", async () => {
  const { client, accept, events } = stage();
  const first = await accept();
  const created = failure(client.create("/a", bytes(""), { mode: "ephemeral" }));
  await first.request();
  first.end("reset");
  expect(await created).toMatchObject({ code: "connection-loss", outcome: "unknown" });
  expect(client.state).toBe("suspended");
  const queued = client.getData("/a");
  const second = await accept();
  expect(client.state).toBe("connected");
  const request = await second.request();
  second.reply(request.xid, {
    body: (writer) => writeStat(writer.buffer(bytes("")), { ephemeralOwner: client.sessionId }),
  });
  expect((await queued).stat.ephemeralOwner).toBe(client.sessionId);
  expect(events.map(({ kind }) => kind)).toContain("resumed");
  client.abandon();
});

test("session: it is resumed with its id, its password and the highest zxid seen", async () => {
  const { client, accept, transport } = stage();
  const first = await accept({ sessionId: 9n, password: new Uint8Array(16).fill(3) });
  const done = client.delete("/a");
  first.reply(1, { zxid: 55n });
  await done;
  first.notify(1, "/x");
  first.end();
  const second = await transport.accepted();
  expect(await second.handshake()).toEqual({
    lastZxidSeen: 55n,
    timeoutMs,
    sessionId: 9n,
    password: new Uint8Array(16).fill(3),
  });
  client.abandon();
});

test.each([
  ["zeros", { sessionId: 0n, timeoutMs: 0 }],
  ["another session", { sessionId: 5n }],
])("session: %s in answer to a resume mean that it expired (I)", async (_name, grant) => {
  const { client, accept } = stage();
  const first = await accept({ sessionId: 9n });
  first.end();
  await settle();
  const queued = [client.getData("/a"), client.delete("/b"), client.whoAmI()].map(failure);
  await accept(grant);
  for (const error of await Promise.all(queued)) {
    expect(error).toMatchObject({ code: "session-expired", outcome: "not-executed" });
  }
  expect(client.end?.kind).toBe("expired");
  expect(client.sessionId).toBe(9n);
  expect((await failure(client.delete("/c"))).code).toBe("session-expired");
  expect(await client.connected(forever)).toBe(false);
});

test("session: SessionExpired in an answer ends it", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const other = failure(client.delete("/b"));
  const asked = failure(client.delete("/a"));
  peer.reply(1, { error: -112 });
  expect(await other).toMatchObject({ code: "session-expired", outcome: "not-executed" });
  expect(await asked).toMatchObject({ code: "session-expired", outcome: "unknown" });
  expect(client.end?.kind).toBe("expired");
});

test("session: SessionMoved ends the connection, not the session", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  const moved = failure(client.delete("/a"));
  peer.reply(1, { error: -118 });
  expect(await moved).toMatchObject({ code: "session-moved", outcome: "not-executed" });
  await accept();
  expect(client.state).toBe("connected");
  client.abandon();
});

test("session: a silent server is pinged after a third and left after two thirds of it", async () => {
  const { client, accept, scheduler, events } = stage();
  const peer = await accept();
  await scheduler.advance(timeoutMs / 3);
  expect((await peer.request()).xid).toBe(-2);
  await scheduler.advance(timeoutMs / 3 - 1);
  expect(client.state).toBe("connected");
  await scheduler.advance(10);
  expect(peer.closedByClient).toBe(true);
  expect(events.at(-1)).toMatchObject({ kind: "suspended", detail: "nothing heard for 2005 ms" });
  client.abandon();
});

test("session: answered pings keep it connected for ever", async () => {
  const { client, accept, scheduler } = stage();
  void answerPings(await accept());
  await scheduler.advance(20 * timeoutMs);
  expect(client.state).toBe("connected");
  client.abandon();
});

test("session: a server that answers pings but not a request is left after a session", async () => {
  const { client, accept, scheduler, events } = stage();
  void answerPings(await accept());
  const unanswered = failure(client.exists("/a"));
  await scheduler.advance(timeoutMs - 1);
  expect(client.state).toBe("connected");
  await scheduler.advance(10);
  expect(await unanswered).toMatchObject({ code: "connection-loss", outcome: "unknown" });
  expect(events.find(({ kind }) => kind === "suspended")).toMatchObject({
    detail: "a request is unanswered for 3005 ms",
  });
  client.abandon();
});

test("session: after a stall, what lies in the socket is read before silence is judged", async () => {
  const { client, accept, scheduler } = stage();
  const peer = await accept();
  await scheduler.advance(timeoutMs / 3);
  scheduler.stall((timeoutMs * 2) / 3);
  const waking = scheduler.advance(1);
  peer.reply(-2);
  await waking;
  await scheduler.advance(10);
  expect(client.state).toBe("connected");
  client.abandon();
});

test("session: a pause longer than it is told as expired at once, old answers or not (B)", async () => {
  const { client, accept, scheduler } = stage();
  const peer = await accept();
  await scheduler.advance(timeoutMs / 3);
  peer.reply(-2);
  scheduler.stall(2 * timeoutMs);
  peer.reply(-1, { zxid: -1n, body: (writer) => writer.int(1).int(3).string("/x") });
  await scheduler.advance(10);
  expect(client.end).toMatchObject({ kind: "expired" });
});

test("session: a connection cut inside a frame is resumed with a fresh framer (F)", async () => {
  const { client, accept } = stage();
  const first = await accept();
  const lost = failure(client.getData("/a"));
  await first.request();
  first.send(new Uint8Array([0, 0, 0, 80, 0, 0, 0, 1, 0]));
  first.end();
  expect(await lost).toMatchObject({ code: "connection-loss", outcome: "unknown" });
  const second = await accept();
  const read = client.getData("/a");
  const { xid } = await second.request();
  second.reply(xid, { body: (writer) => writeStat(writer.buffer(bytes("whole"))) });
  expect(new TextDecoder().decode((await read).data)).toBe("whole");
  client.abandon();
});

test("session: close lets earlier requests be answered, refuses later ones, and is idempotent", async () => {
  const { client, accept, scheduler } = stage();
  const peer = await accept();
  const earlier = client.delete("/a");
  const closing = Promise.all([client.close(forever), client.close(forever)]);
  const later = await failure(client.delete("/b"));
  expect(later).toMatchObject({ code: "closed", outcome: "not-executed" });
  const [request, goodbye] = [await peer.request(), await peer.request()];
  expect([request.opcode, goodbye.opcode]).toEqual([2, -11]);
  expect(peer.unread).toBe(0);
  peer.reply(request.xid);
  peer.reply(goodbye.xid);
  await earlier;
  await closing;
  expect(client.end).toEqual({ kind: "closed", detail: "closed", confirmed: true });
  await client.close(forever);
  await settle();
  expect(scheduler.sleeping).toBe(0);
});

test("session: close waits no longer than its signal says", async () => {
  const { client, accept } = stage();
  await accept();
  const limit = new AbortController();
  const closing = client.close(limit.signal);
  await settle();
  expect(client.state).toBe("connected");
  limit.abort();
  await closing;
  expect(client.state).toBe("ended");
});

test("session: disposal waits a third of the session for a silent server", async () => {
  const { client, accept, scheduler } = stage();
  await accept();
  const disposed = client[Symbol.asyncDispose]();
  await scheduler.advance(timeoutMs / 3);
  await disposed;
  expect(client.state).toBe("ended");
});

test("session: abandoning tells the server nothing", async () => {
  const { client, accept } = stage();
  const peer = await accept();
  client.abandon();
  await settle();
  expect(peer.unread).toBe(0);
  expect(peer.closedByClient).toBe(true);
});

test("session: late bytes of an old connection do nothing to the new one", async () => {
  const { client, accept, scheduler } = stage();
  const first = await accept();
  await scheduler.advance((timeoutMs * 2) / 3 + 10);
  expect(first.closedByClient).toBe(true);
  const second = await accept();
  const read = failure(client.delete("/a"));
  first.reply(1, { error: -112 });
  first.end();
  await settle();
  expect(client.state).toBe("connected");
  expect(second.closedByClient).toBe(false);
  client.abandon();
  await read;
});

test("session: a foreign one is resumed by id and password, and expires unheard of", async () => {
  const resume = { sessionId: 99n, password: new Uint8Array(16).fill(4), lastZxid: 12n };
  const { client, transport } = stage({ resume });
  const request = await (await transport.accepted()).handshake();
  expect(request).toMatchObject({ sessionId: 99n, lastZxidSeen: 12n, password: resume.password });
  expect(await client.connected(forever)).toBe(true);
  client.abandon();
  const dark = new FakeTransport();
  dark.reachability.set("10.0.0.1", "refuses");
  const cut = stage({ resume, ...one }, dark);
  await cut.scheduler.advance((timeoutMs * 4) / 3 + 10);
  expect(cut.client.end?.kind).toBe("expired");
});
