import { expect, test } from "bun:test";
import { ConnectionStringError } from "../../src/zookeeper/connection-string.ts";
import { settle } from "../fake/scheduler.ts";
import { FakeTransport, frame } from "../fake/zookeeper-transport.ts";
import { failure, forever, stage, timeoutMs } from "./stage.fixture.ts";

const one = { servers: [{ host: "10.0.0.1", port: 2181 }] };

test("connecting: without any server it expires after 4/3 of its timeout (N)", async () => {
  const transport = new FakeTransport();
  const { client, accept, scheduler } = stage({}, transport);
  const peer = await accept();
  const lost = failure(client.delete("/a"));
  await peer.request();
  for (const host of ["10.0.0.1", "10.0.0.2"]) transport.reachability.set(host, "refuses");
  peer.end();
  await lost;
  const queued = failure(client.delete("/b"));
  await scheduler.advance((timeoutMs * 4) / 3 - 1);
  expect(client.state).toBe("suspended");
  await scheduler.advance(10);
  expect(client.end?.kind).toBe("expired");
  expect(await queued).toMatchObject({ code: "session-expired", outcome: "not-executed" });
  expect(transport.attempts.length).toBeLessThan(60);
  await scheduler.advance(timeoutMs);
  expect(scheduler.sleeping).toBe(0);
});

test("connecting: a server that lags behind closes without a word, and it still ends (N)", async () => {
  const { client, accept, transport, scheduler } = stage(one);
  (await accept()).end();
  const wiped = (async (): Promise<void> => {
    while (client.state !== "ended") {
      const peer = await transport.accepted();
      await peer.connectRequest();
      peer.end();
    }
  })();
  await scheduler.advance((timeoutMs * 4) / 3 + 10);
  expect(client.end?.kind).toBe("expired");
  await Promise.race([wiped, settle()]);
});

test("connecting: a server that speaks TLS is told with what the transport says about it", async () => {
  const transport = Object.assign(new FakeTransport(), { tlsHint: "give an authority" });
  const { client, events } = stage(one, transport);
  const peer = await transport.accepted();
  await peer.connectRequest();
  peer.send(new Uint8Array([21, 3, 1, 0, 2, 2, 70]));
  await settle();
  const detail = "it speaks TLS; give an authority";
  expect(events).toContainEqual({ kind: "attempt-failed", server: "10.0.0.1:2181", detail });
  client.abandon();
});

test("connecting: one that was never granted goes on trying until its owner stops it", async () => {
  const transport = new FakeTransport();
  transport.reachability.set("10.0.0.1", "refuses");
  const { client, scheduler } = stage(one, transport);
  const limit = new AbortController();
  const connected = client.connected(limit.signal);
  await scheduler.advance(100 * timeoutMs);
  expect(client.state).toBe("connecting");
  limit.abort();
  expect(await connected).toBe(false);
  await client.close(forever);
  await settle();
  expect(scheduler.sleeping).toBe(0);
});

test("connecting: a server that accepts and never answers is left within the limit (E)", async () => {
  const { client, transport, scheduler, events } = stage();
  const silent = await transport.accepted();
  await silent.connectRequest();
  await scheduler.advance(timeoutMs / 3 + 10);
  expect(silent.closedByClient).toBe(true);
  expect(events[0]).toMatchObject({ kind: "attempt-failed", detail: "no answer within 1000 ms" });
  await (await transport.accepted()).handshake();
  expect(await client.connected(forever)).toBe(true);
  client.abandon();
});

test("connecting: a short timeout that no server has granted yet cuts no attempt short", async () => {
  const { client, transport, scheduler, events } = stage({ ...one, sessionTimeoutMs: 100 });
  const slow = await transport.accepted();
  await slow.connectRequest();
  await scheduler.advance(300);
  expect(slow.closedByClient).toBe(false);
  await scheduler.advance(50);
  expect(events[0]).toMatchObject({ kind: "attempt-failed", detail: "no answer within 333 ms" });
  client.abandon();
});

test("connecting: a black-holed host of two costs one short attempt (L)", async () => {
  for (let seed = 0; seed < 2; seed += 1) {
    const transport = new FakeTransport();
    transport.reachability.set(seed === 0 ? "10.0.0.1" : "10.0.0.2", "black-hole");
    const { client, scheduler } = stage({}, transport);
    const granted = transport.accepted().then((peer) => peer.handshake());
    await scheduler.advance(timeoutMs / 3 + 10);
    await granted;
    expect(await client.connected(forever)).toBe(true);
    client.abandon();
  }
});

test("connecting: names are resolved at every attempt, and all their addresses are used", async () => {
  const transport = new FakeTransport();
  const servers = [{ host: "zk", port: 1 }];
  const { client, scheduler, events } = stage({ servers }, transport);
  await scheduler.advance(1);
  expect(events[0]).toMatchObject({ kind: "attempt-failed", detail: "zk is unknown" });
  transport.names.set("zk", ["10.0.0.7", "10.0.0.8"]);
  transport.reachability.set("10.0.0.7", "refuses");
  const accepted = transport.accepted();
  await scheduler.advance(100);
  const peer = await accepted;
  await peer.handshake();
  expect(await client.connected(forever)).toBe(true);
  expect(transport.attempts).toEqual(["10.0.0.7:1", "10.0.0.8:1"]);
  expect(client.server).toBe("zk:1");
  client.abandon();
});

test("connecting: closing before and during the connect ends at once (G)", async () => {
  const before = stage();
  await before.client.close(forever);
  expect(before.client.end?.kind).toBe("closed");
  const during = stage();
  const peer = await during.transport.accepted();
  await peer.connectRequest();
  await during.client.close(forever);
  await settle();
  expect(peer.closedByClient).toBe(true);
  expect(during.client.state).toBe("ended");
  for (const { scheduler } of [before, during]) expect(scheduler.sleeping).toBe(0);
});

test("connecting: a grant that arrives after the close is not taken", async () => {
  const { client, transport } = stage();
  const peer = await transport.accepted();
  await peer.connectRequest();
  const closing = client.close(forever);
  peer.send(new Uint8Array([0, 0, 0, 1, 0]));
  await closing;
  await settle();
  expect(client.sessionId).toBe(0n);
  expect(peer.closedByClient).toBe(true);
});

test("connecting: addresses and options that cannot work are refused at construction (K)", () => {
  for (const servers of [[], [{ host: "", port: 1 }], [{ host: "a", port: 0 }]]) {
    expect(() => stage({ servers })).toThrow(ConnectionStringError);
  }
  expect(() => stage({ chroot: "/a/" })).toThrow(ConnectionStringError);
  expect(() => stage({ sessionTimeoutMs: 0 })).toThrow(RangeError);
});

test("connecting: garbage behind the grant loses the connection and hangs no request", async () => {
  const { client, transport } = stage();
  const queued = failure(client.delete("/a"));
  const first = await transport.accepted();
  await first.connectRequest();
  const grant = frame((writer) =>
    writer.int(0).int(timeoutMs).long(8n).buffer(new Uint8Array(16)).boolean(false),
  );
  first.send(new Uint8Array([...grant, 0, 0, 0, 1, 9]));
  expect(await queued).toMatchObject({ code: "connection-loss", outcome: "unknown" });
  const request = await (await transport.accepted()).handshake();
  expect(request.sessionId).toBe(8n);
  client.abandon();
});

test("connecting: a server that grants less than the one before shortens the expiry", async () => {
  const { client, accept, transport, scheduler } = stage();
  (await accept()).end();
  const second = await accept({ timeoutMs: 900 });
  expect(client.sessionTimeoutMs).toBe(900);
  for (const host of ["10.0.0.1", "10.0.0.2"]) transport.reachability.set(host, "refuses");
  second.end();
  await scheduler.advance(1_210);
  expect(client.end?.kind).toBe("expired");
});
