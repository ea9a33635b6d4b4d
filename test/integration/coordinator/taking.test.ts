import { expect, test } from "bun:test";
import { outOfTurn } from "../../../src/election/ports/coordinator.ts";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { waitingOutMs } from "../../../src/coordination/zookeeper/lease-timing.ts";
import {
  Bench,
  leaseMs,
  limitMs,
  never,
  requestsOf,
  sessionTimeoutMs,
  waitsOut,
  won,
} from "./bench.fixture.ts";

const bench = new Bench();

test(
  "coordinator: the first opening makes the records, with a released lease note",
  async () => {
    await bench.candidate("a");
    expect(await bench.leaseNote()).toEqual({ state: "released" });
    expect((await bench.meddler.getChildren(bench.layout.base)).children.toSorted()).toEqual([
      "replicas",
      "term",
    ]);
  },
  limitMs,
);

test(
  "coordinator: taking after a release may act at once, with the epoch of the node",
  async () => {
    const { events, leadership } = await bench.leader("a");
    expect(leadership.mayAct()).toBe(true);
    expect(events.of("waiting-out")).toEqual([]);
    const { stat } = await bench.meddler.exists(bench.layout.leader);
    expect(leadership.epoch).toBe((stat?.czxid ?? 0n) as typeof leadership.epoch);
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs });
    const note = await bench.meddler.exists(bench.layout.leaseNote);
    expect(note.stat?.mzxid).toBe(stat?.czxid);
  },
  limitMs,
);

test(
  "coordinator: whoever finds a leader writes nothing",
  async () => {
    await bench.leader("a");
    const other = await bench.candidate("b");
    const line = new AbortController();
    void other.session.turn(line.signal);
    await Bun.sleep(200);
    const before = await bench.meddler.exists(bench.layout.leader);
    const zxidBefore = bench.meddler.lastZxid;
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect((await other.session.attempt(outOfTurn, never)).kind).toBe("led");
    }
    const after = await bench.meddler.exists(bench.layout.leader);
    const renewals = (after.stat?.version ?? 0) - (before.stat?.version ?? 0);
    expect(Number(bench.meddler.lastZxid - zxidBefore)).toBe(renewals);
    line.abort();
  },
  limitMs,
);

test(
  "coordinator: resigning removes node and entry and releases the lease note, in one commit",
  async () => {
    const { leadership } = await bench.leader("a");
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    expect(await bench.leaseNote()).toEqual({ state: "released" });
    const { stat } = await bench.meddler.exists(bench.layout.leader);
    expect(stat).toBeUndefined();
    const { children, stat: replicas } = await bench.meddler.getChildren(bench.layout.replicas);
    expect(children).toEqual([]);
    const note = await bench.meddler.exists(bench.layout.leaseNote);
    expect(note.stat?.mzxid).toBe(replicas.pzxid);
  },
  limitMs,
);

test(
  "coordinator: renewals extend the lease and keep the epoch",
  async () => {
    const { events, leadership } = await bench.leader("a");
    await Bun.sleep(sessionTimeoutMs * 1.5);
    expect(leadership.mayAct()).toBe(true);
    const leases = events.of("lease");
    expect(leases.length).toBeGreaterThanOrEqual(4);
    for (const { renewedAt, validUntil } of leases) {
      expect(validUntil - renewedAt).toBeCloseTo(leaseMs);
    }
    expect(leadership.lost.failure).toBeUndefined();
  },
  limitMs,
);

test(
  "coordinator: after a held lease note without an observation the whole lease is waited out",
  async () => {
    const first = await bench.leader("a");
    first.session.abandon();
    const second = await bench.candidate("b");
    const gone = (await bench.meddler.exists(bench.layout.leader, { watch: never })).watch;
    await gone;
    const startedAt = performance.now();
    const leadership = await won(second.session.attempt(outOfTurn, never));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(waitingOutMs(leaseMs));
    expect(leadership.mayAct()).toBe(true);
    expect(second.events.of("waiting-out")).toMatchObject([{ observed: false }]);
  },
  limitMs,
);

test(
  "coordinator: the first in line saw the last renewal, so little or nothing is left to wait",
  async () => {
    const first = await bench.leader("a");
    const second = await bench.waiter("b");
    await Bun.sleep(sessionTimeoutMs / 2);
    const abandonedAt = performance.now();
    first.session.abandon();
    const call = await second.turn;
    const next = await won(second.session.attempt(call, never));
    const tookMs = performance.now() - abandonedAt;
    // The servers expire a session of 2 s after 2 to 3 s; without the observation 1.4 s would follow.
    expect(tookMs).toBeGreaterThan(leaseMs);
    expect(tookMs).toBeLessThan(sessionTimeoutMs + 500 + 500 + waitingOutMs(leaseMs) / 2);
    expect(next.epoch).toBeGreaterThan(first.leadership.epoch);
    expect(first.leadership.mayAct()).toBe(false);
  },
  limitMs,
);

test(
  "coordinator: looking again at a leader that renews no more does not restart the wait",
  async () => {
    const first = await bench.leader("a");
    const second = await bench.candidate("b");
    const untilTimeout = new AbortController();
    const interrupted = second.session.turn(untilTimeout.signal);
    await Bun.sleep(sessionTimeoutMs / 2);
    first.session.abandon();
    await Bun.sleep(sessionTimeoutMs / 2);
    // What an attempter-timeout does while the dead leader's session runs out.
    untilTimeout.abort();
    await interrupted;
    expect((await second.session.attempt(outOfTurn, never)).kind).toBe("led");
    const call = await second.session.turn(never);
    await won(second.session.attempt(call, never));
    // The session outlives its last renewal by 2 s at least, the lease by 1.3 s: nothing is left.
    expect(second.events.of("waiting-out")).toEqual([]);
  },
  limitMs,
);

test(
  "coordinator: a session is not closed in the way of who takes over",
  async () => {
    const { session } = await bench.candidate("a");
    await (await won(session.attempt(outOfTurn, never))).resign(never);
    const resignedAt = performance.now();
    await session.close(never);
    // Closing is a commit as well, and the successor's comes first.
    expect(performance.now() - resignedAt).toBeGreaterThan(45);
  },
  limitMs,
);

test(
  "coordinator: the first in line takes over from what it has watched, in one flight",
  async () => {
    const leader = await bench.leader("a");
    const next = await bench.firstInLine("b");
    const before = requestsOf(next).length;
    await leader.leadership.resign(never);
    const call = await next.turn;
    const successor = await won(next.session.attempt(call, never));
    // The note, as the change told, and the taking, which was sent without waiting for it.
    const mine = requestsOf(next).slice(before);
    expect(mine.filter((operation) => operation !== "setData")).toEqual(["getData", "multi"]);
    expect(next.events.of("waiting-out")).toEqual([]);
    expect(successor.mayAct()).toBe(true);
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs });
  },
  limitMs,
);

test(
  "coordinator: after a crash it takes over without reading, and waits the lease out",
  async () => {
    const leader = await bench.leader("a");
    const next = await bench.firstInLine("b");
    const renewalsUntil = leader.leadership.validUntil;
    leader.session.abandon();
    const call = await next.turn;
    const before = requestsOf(next).length;
    const successor = await won(next.session.attempt(call, never));
    const mine = requestsOf(next).slice(before);
    expect(mine.filter((operation) => operation !== "setData")).toEqual(["multi"]);
    expect(new RealScheduler().now()).toBeGreaterThan(renewalsUntil);
    expect(successor.mayAct()).toBe(true);
  },
  limitMs,
);

const held = new TextEncoder().encode(JSON.stringify({ state: "held", leaseMs: 1_500 }));
const released = new TextEncoder().encode(JSON.stringify({ state: "released" }));

for (const { what, writes, waits } of [
  { what: "held, though it changed", writes: [held], waits: true },
  { what: "changed once more than foreseen", writes: [held, released], waits: false },
  { what: "changed back after a release", writes: [released, held], waits: true },
]) {
  test(
    `coordinator: the first in line goes by the lease note that it replaces: ${what}`,
    async () => {
      const leader = await bench.leader("a");
      const next = await bench.firstInLine("b");
      leader.session.abandon();
      const { leaseNote: path, leader: node } = bench.layout;
      await bench.meddler.multi([
        ...writes.map((data) => ({ kind: "set", path, data }) as const),
        { kind: "delete", path: node },
      ]);
      const call = await next.turn;
      const successor = await won(next.session.attempt(call, never));
      expect(next.events.of("waiting-out")).toHaveLength(waits ? 1 : 0);
      expect(successor.epoch).toBeGreaterThan(leader.leadership.epoch);
      expect(successor.mayAct()).toBe(true);
    },
    limitMs,
  );
}

test(
  "coordinator: what follows the leader's end in the lease note is another's, and is read first",
  async () => {
    const leader = await bench.leader("a");
    const next = await bench.firstInLine("b");
    leader.session.abandon();
    const { leaseNote: path, leader: node } = bench.layout;
    // Somebody with a longer lease took over, and lost the node, before we could see it.
    const data = new TextEncoder().encode(JSON.stringify({ state: "held", leaseMs: 3_000 }));
    await bench.meddler.multi([
      { kind: "delete", path: node },
      { kind: "set", path, data },
    ]);
    const call = await next.turn;
    const successor = won(next.session.attempt(call, never));
    await waitsOut(next);
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs: 3_000 });
    expect((await successor).mayAct()).toBe(true);
  },
  limitMs,
);
