import { expect, test } from "bun:test";
import { type Call, outOfTurn } from "../../../src/election/ports/coordinator.ts";
import { waitingOutMs } from "../../../src/coordination/zookeeper/lease-timing.ts";
import { Permission } from "../../../src/zookeeper/protocol/records.ts";
import {
  abortOf,
  Bench,
  type Candidate,
  leaseMs,
  limitMs,
  never,
  sessionTimeoutMs,
  won,
} from "./bench.fixture.ts";

const bench = new Bench();

test(
  "coordinator: a leader node deleted by hand ends leadership, and a successor still waits",
  async () => {
    const first = await bench.leader("a");
    const second = await bench.waiter("b");
    await Bun.sleep(700);
    await bench.meddler.delete(bench.layout.leader);
    const deletedAt = performance.now();
    const call = await second.turn;
    const next = await won(second.session.attempt(call, never));
    // The old leader could have acted until its lease ended: nobody did before.
    expect(performance.now() - deletedAt).toBeGreaterThan(leaseMs - 700);
    expect(next.mayAct()).toBe(true);
    expect(first.leadership.mayAct()).toBe(false);
    expect(first.leadership.lost.failure).toMatchObject({ code: "leadership-lost" });
  },
  limitMs,
);

test(
  "coordinator: a renewal that lands on a successor's node does not count (I2)",
  async () => {
    const { leadership } = await bench.leader("a");
    const { stat, data } = await bench.meddler.getData(bench.layout.leader);
    // Somebody else's node under the same path, with the version that our renewal expects.
    const operations = [
      { kind: "delete", path: bench.layout.leader },
      { kind: "create", path: bench.layout.leader, data, mode: "ephemeral" },
      ...Array.from({ length: stat.version }, () => ({
        kind: "set" as const,
        path: bench.layout.leader,
        data,
      })),
    ] as const;
    await bench.meddler.multi(operations);
    await abortOf(leadership.lost.signal);
    expect(leadership.lost.failure).toMatchObject({ code: "leadership-lost" });
    expect(leadership.mayAct()).toBe(false);
    await bench.meddler.delete(bench.layout.leader);
  },
  limitMs,
);

test(
  "coordinator: a foreign write to our node costs a renewal, not leadership",
  async () => {
    const { leadership } = await bench.leader("a");
    await bench.meddler.setData(bench.layout.leader, new TextEncoder().encode("scribble"));
    await Bun.sleep(sessionTimeoutMs);
    expect(leadership.mayAct()).toBe(true);
    expect(leadership.lost.failure).toBeUndefined();
  },
  limitMs,
);

test(
  "coordinator: resigning cannot remove a successor's node (I3)",
  async () => {
    const first = await bench.leader("a");
    await bench.meddler.delete(bench.layout.leader);
    const second = await bench.candidate("b");
    const taking = won(second.session.attempt(outOfTurn, never));
    while (!(await bench.isLed())) await Bun.sleep(5);
    expect((await first.leadership.resign(never)).kind).toBe("unknown");
    expect((await bench.meddler.exists(bench.layout.leader)).stat).toBeDefined();
    expect((await taking).mayAct()).toBe(true);
  },
  limitMs,
);

test.each([
  { name: "missing", spoil: async () => bench.meddler.delete(bench.layout.leaseNote) },
  {
    name: "damaged",
    spoil: async () => bench.meddler.setData(bench.layout.leaseNote, new TextEncoder().encode("{")),
  },
])(
  "coordinator: a $name lease note counts as held",
  async ({ spoil }) => {
    const { session, events } = await bench.candidate("a");
    await spoil();
    const startedAt = performance.now();
    const leadership = await won(session.attempt(outOfTurn, never));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(waitingOutMs(leaseMs));
    expect(leadership.mayAct()).toBe(true);
    expect(events.of("waiting-out")).toHaveLength(1);
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    expect(await bench.leaseNote()).toEqual({ state: "released" });
  },
  limitMs,
);

test(
  "coordinator: the wait is that of the holder's lease, and a taker hands it on",
  async () => {
    const { session, events } = await bench.candidate("a");
    await bench.writeLeaseNote({ state: "held", leaseMs: 3000 });
    const stop = new AbortController();
    const attempt = session.attempt(outOfTurn, stop.signal);
    while (events.of("waiting-out").length === 0) await Bun.sleep(5);
    expect(events.of("waiting-out")[0]?.waitMs).toBeGreaterThan(waitingOutMs(3000) - 50);
    // Should we go now, our successor must wait for the long lease as well.
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs: 3000 });
    stop.abort();
    expect((await attempt).kind).toBe("undecided");
    await session.close(never);
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs: 3000 });
  },
  limitMs,
);

test(
  "coordinator: without a line, regular attempts still find a leader (I6)",
  async () => {
    const { session } = await bench.candidate("a");
    await bench.meddler.delete(bench.layout.replicas);
    const leadership = await won(session.attempt(outOfTurn, never));
    expect(leadership.mayAct()).toBe(true);
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
  },
  limitMs,
);

test(
  "coordinator: a line that may not be read keeps nobody from following and leading (I6)",
  async () => {
    const first = await bench.candidate("a");
    const second = await bench.candidate("b");
    const permissions = Permission.all & ~Permission.read;
    const acl = [{ permissions, scheme: "world", id: "anyone" }];
    await bench.meddler.setAcl(bench.layout.replicas, acl);
    const leadership = await won(first.session.attempt(outOfTurn, never));
    expect(await second.session.attempt(outOfTurn, never)).toMatchObject({ kind: "led" });
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    await won(second.session.attempt(outOfTurn, never));
  },
  limitMs,
);

test(
  "coordinator: an entry removed by hand is made anew, and resigning works without it",
  async () => {
    const { session, leadership } = await bench.leader("a");
    const { children } = await bench.meddler.getChildren(bench.layout.replicas);
    await bench.meddler.delete(`${bench.layout.replicas}/${children[0]}`);
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    await session.turn(never);
    expect((await bench.meddler.getChildren(bench.layout.replicas)).children).toHaveLength(1);
  },
  limitMs,
);

test(
  "coordinator: a hand-over calls one replica up, and tells one more that it is next",
  async () => {
    const leader = await bench.leader("leader");
    const crowd: Candidate[] = [];
    for (let index = 0; index < 10; index += 1) crowd.push(await bench.candidate(`crowd-${index}`));
    const calls: (readonly [number, Call])[] = [];
    const stop = new AbortController();
    for (const [index, { session, events }] of crowd.entries()) {
      void session.turn(stop.signal).then((call) => {
        if (call.isOurTurn) calls.push([index, call]);
      });
      while (events.of("standing").length === 0) await Bun.sleep(5);
    }
    await leader.leadership.resign(never);
    while (calls.length === 0) await Bun.sleep(5);
    const [[index, call] = [0, outOfTurn]] = calls;
    const next = await won(crowd[index]?.session.attempt(call, never) ?? Promise.reject());
    await Bun.sleep(300);
    expect(calls.map(([called]) => called)).toEqual([0]);
    // Everybody looked at the line once, the second in line twice: the first's entry changed.
    const looks = crowd.map(({ events }) => events.of("standing").length);
    expect(looks).toEqual([1, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(next.mayAct()).toBe(true);
    stop.abort();
  },
  limitMs,
);

test(
  "coordinator: the horizon covers every epoch given so far",
  async () => {
    const { leadership } = await bench.leader("a");
    const other = await bench.candidate("b");
    const horizon = await other.session.horizon(never);
    expect(horizon).toBeGreaterThanOrEqual(leadership.epoch);
  },
  limitMs,
);

test(
  "coordinator: a session that the server ended is lost, with its leadership",
  async () => {
    const { session, leadership } = await bench.leader("a");
    await bench.server.kill("SIGSTOP");
    await abortOf(session.lost.signal);
    expect(session.lost.failure).toMatchObject({ code: "session-lost" });
    // The lease ended first: by its own clock, without a word from any server.
    expect(leadership.lost.failure).toMatchObject({ code: "lease-ended" });
    await bench.server.kill("SIGCONT");
  },
  limitMs,
);
