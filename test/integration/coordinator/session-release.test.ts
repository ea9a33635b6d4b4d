import { expect, test } from "bun:test";
import { outOfTurn, type Epoch } from "../../../src/election/ports/coordinator.ts";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import type { SessionKey } from "../../../src/coordination/zookeeper/leadership/session-key.ts";
import { releaseSession } from "../../../src/coordination/zookeeper/release/session-release.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import { Bench, leaseMs, limitMs, never, sessionTimeoutMs, won } from "./bench.fixture.ts";

const bench = new Bench();

function release(key: SessionKey, transport = new TcpTransport(), patienceMs = 5000) {
  const options = {
    servers: [bench.server.address],
    transport,
    scheduler: new RealScheduler(),
    basePath: bench.layout.base,
    sessionTimeoutMs,
  };
  return releaseSession(options, key, AbortSignal.timeout(patienceMs));
}

test(
  "session release: of a dead leader releases the lease note and removes node and entry",
  async () => {
    const keys: SessionKey[] = [];
    const { session } = await bench.candidate("a", undefined, (key) => keys.push(key));
    const { epoch } = await won(session.attempt(outOfTurn, never));
    session.abandon();
    expect(keys.map((key) => key.epoch)).toEqual([undefined, epoch]);
    expect(await release(keys[1] as SessionKey)).toEqual({ kind: "released", epoch });
    expect(await bench.leaseNote()).toEqual({ state: "released" });
    expect(await bench.isLed()).toBe(false);
    expect(await bench.entries()).toEqual([]);
    // A second time there is nothing left.
    expect(await release(keys[1] as SessionKey)).toEqual({ kind: "gone" });
  },
  limitMs,
);

test(
  "session release: of one that died while it waited for an earlier lease releases nothing",
  async () => {
    const keys: SessionKey[] = [];
    const { session, events } = await bench.candidate("a", undefined, (key) => keys.push(key));
    await bench.writeLeaseNote({ state: "held", leaseMs: 60_000 });
    void session.attempt(outOfTurn, never);
    while (events.of("waiting-out").length === 0) await Bun.sleep(5);
    session.abandon();
    expect(keys.map((key) => key.epoch)).toEqual([undefined]);
    expect(await release(keys[0] as SessionKey)).toMatchObject({ kind: "closed" });
    expect(await bench.isLed()).toBe(false);
    // Whoever comes next still waits for the lease that may be running.
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs: 60_000 });
  },
  limitMs,
);

test(
  "session release: an epoch that is not the node's is not released",
  async () => {
    const keys: SessionKey[] = [];
    const { session } = await bench.leader("a", undefined, (key) => keys.push(key));
    session.abandon();
    const key = { ...(keys[1] as SessionKey), epoch: 1n as Epoch };
    expect(await release(key)).toMatchObject({ kind: "closed" });
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs });
  },
  limitMs,
);

test(
  "session release: of a leader whose lease note is gone closes the session, so that it lives no longer",
  async () => {
    const keys: SessionKey[] = [];
    const { session } = await bench.leader("a", undefined, (key) => keys.push(key));
    session.abandon();
    await bench.meddler.delete(bench.layout.leaseNote);
    const outcome = await release(keys[1] as SessionKey);
    expect(outcome).toMatchObject({ kind: "closed", detail: expect.stringContaining("no-node") });
    expect(await bench.isLed()).toBe(false);
  },
  limitMs,
);

test(
  "session release: a wrong password takes nothing",
  async () => {
    const keys: SessionKey[] = [];
    const { leadership } = await bench.leader("a", undefined, (key) => keys.push(key));
    const key = { ...(keys[1] as SessionKey), password: new Uint8Array(16).fill(9) };
    expect(await release(key)).toEqual({ kind: "gone" });
    await Bun.sleep(sessionTimeoutMs / 2);
    expect(leadership.mayAct()).toBe(true);
  },
  limitMs,
);

test(
  "session release: says what kept it from the servers",
  async () => {
    const broken = new TcpTransport(() => {
      throw new Error('--zk-tls-key "k": expected a key');
    });
    const key = { sessionId: 1n, password: new Uint8Array(16), epoch: undefined };
    expect(await release(key, broken, 200)).toEqual({
      kind: "failed",
      detail: expect.stringMatching(
        /^no server answered; the last one tried, \S+: --zk-tls-key "k": expected a key$/,
      ),
    });
  },
  limitMs,
);
