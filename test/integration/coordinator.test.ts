import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import type { Attempt, Leadership, ReplicaId } from "../../src/election/coordinator.ts";
import { leaseDurationMs, waitingOutMs } from "../../src/election/lease.ts";
import type { Session } from "../../src/election/coordinator.ts";
import { RealScheduler } from "../../src/system/real-scheduler.ts";
import { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import { ZooKeeperCoordinator } from "../../src/zookeeper/coordinator.ts";
import { layoutBelow } from "../../src/zookeeper/layout.ts";
import { Opcode } from "../../src/zookeeper/protocol/opcodes.ts";
import { decodeTerm, encodeTerm } from "../../src/zookeeper/records.ts";
import { TcpTransport } from "../../src/zookeeper/tcp-transport.ts";
import type { Transport } from "../../src/zookeeper/transport.ts";
import { Recorder } from "../fake/election.ts";
import { LossyTransport } from "../fake/lossy-transport.ts";
import { startServer, type ZooKeeperServer } from "./zookeeper-server.ts";

const sessionTimeoutMs = 2000;
const leaseMs = leaseDurationMs(sessionTimeoutMs);
const limitMs = 60_000;
const never = new AbortController().signal;
const scheduler = new RealScheduler();

let server: ZooKeeperServer;
/** A client of nobody's side, for looking and for meddling. */
let meddler: ZooKeeperClient;
let layout = layoutBelow("/none");
let service = 0;
let sessions: Session[] = [];

beforeAll(async () => {
  server = await startServer();
  meddler = new ZooKeeperClient({
    servers: [server.address],
    sessionTimeoutMs: 20_000,
    scheduler,
    transport: new TcpTransport(),
  });
}, limitMs);

afterAll(async () => {
  await meddler[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

beforeEach(() => {
  service += 1;
  layout = layoutBelow(`/coordinator/number-${service}`);
});

afterEach(async () => {
  await Promise.all(sessions.map((session) => session.close(AbortSignal.timeout(1000))));
  sessions = [];
});

interface Candidate {
  readonly session: Session;
  readonly events: Recorder;
}

async function candidate(
  id: string,
  transport: Transport = new TcpTransport(),
): Promise<Candidate> {
  const events = new Recorder();
  const coordinator = new ZooKeeperCoordinator({
    servers: [server.address],
    transport,
    scheduler,
    observer: events,
    basePath: layout.base,
    sessionTimeoutMs,
    describe: () => ({
      replica: id as ReplicaId,
      host: "host",
      pid: 1,
      httpAddress: null,
      since: "2026-01-01T00:00:00.000Z",
    }),
  });
  const opening = await coordinator.open(never);
  if (opening.kind === "failed") throw new Error(opening.failure.detail);
  sessions.push(opening.session);
  return { session: opening.session, events };
}

async function won(attempt: Promise<Attempt>): Promise<Leadership> {
  const outcome = await attempt;
  if (outcome.kind !== "won") throw new Error(`not won: ${JSON.stringify(outcome, bigints)}`);
  return outcome.leadership;
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

async function readTerm(): Promise<unknown> {
  return decodeTerm((await meddler.getData(layout.term)).data);
}

test(
  "coordinator: the first opening makes the records, with a released term",
  async () => {
    await candidate("a");
    expect(await readTerm()).toEqual({ state: "released" });
    expect((await meddler.getChildren(layout.base)).children.toSorted()).toEqual([
      "replicas",
      "term",
    ]);
  },
  limitMs,
);

test(
  "coordinator: taking after a release may act at once, with the epoch of the node",
  async () => {
    const { session, events } = await candidate("a");
    const leadership = await won(session.attempt(never));
    expect(leadership.mayAct()).toBe(true);
    expect(events.of("waiting-out")).toEqual([]);
    const { stat } = await meddler.exists(layout.leader);
    expect(leadership.epoch).toBe((stat?.czxid ?? 0n) as typeof leadership.epoch);
    expect(await readTerm()).toEqual({ state: "held", leaseMs });
    const term = await meddler.exists(layout.term);
    expect(term.stat?.mzxid).toBe(stat?.czxid);
  },
  limitMs,
);

test(
  "coordinator: whoever finds a leader writes nothing",
  async () => {
    const leader = await candidate("a");
    await won(leader.session.attempt(never));
    const other = await candidate("b");
    const line = new AbortController();
    void other.session.turn(line.signal);
    await Bun.sleep(200);
    const before = await meddler.exists(layout.leader);
    const zxidBefore = meddler.lastZxid;
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect((await other.session.attempt(never)).kind).toBe("led");
    }
    const after = await meddler.exists(layout.leader);
    const renewals = (after.stat?.version ?? 0) - (before.stat?.version ?? 0);
    expect(Number(meddler.lastZxid - zxidBefore)).toBe(renewals);
    line.abort();
  },
  limitMs,
);

test(
  "coordinator: resigning removes node and entry and releases the term, in one commit",
  async () => {
    const { session } = await candidate("a");
    const leadership = await won(session.attempt(never));
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    expect(await readTerm()).toEqual({ state: "released" });
    const { stat } = await meddler.exists(layout.leader);
    expect(stat).toBeUndefined();
    const { children, stat: replicas } = await meddler.getChildren(layout.replicas);
    expect(children).toEqual([]);
    const term = await meddler.exists(layout.term);
    expect(term.stat?.mzxid).toBe(replicas.pzxid);
  },
  limitMs,
);

test(
  "coordinator: renewals extend the lease and keep the epoch",
  async () => {
    const { session, events } = await candidate("a");
    const leadership = await won(session.attempt(never));
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
  "coordinator: after a held term without an observation the whole lease is waited out",
  async () => {
    const first = await candidate("a");
    await won(first.session.attempt(never));
    first.session.abandon();
    const second = await candidate("b");
    const gone = (await meddler.exists(layout.leader, { watch: never })).watch;
    await gone;
    const startedAt = performance.now();
    const leadership = await won(second.session.attempt(never));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(waitingOutMs(leaseMs));
    expect(leadership.mayAct()).toBe(true);
    expect(second.events.of("waiting-out")).toMatchObject([{ observed: false }]);
  },
  limitMs,
);

test(
  "coordinator: the first in line saw the last renewal, so little or nothing is left to wait",
  async () => {
    const first = await candidate("a");
    const lost = await won(first.session.attempt(never));
    const second = await candidate("b");
    const turn = second.session.turn(never);
    await Bun.sleep(sessionTimeoutMs / 2);
    const abandonedAt = performance.now();
    first.session.abandon();
    await turn;
    const next = await won(second.session.attempt(never));
    const tookMs = performance.now() - abandonedAt;
    // The servers expire a session of 2 s after 2 to 3 s; without the observation 1.4 s would follow.
    expect(tookMs).toBeGreaterThan(leaseMs);
    expect(tookMs).toBeLessThan(sessionTimeoutMs + 500 + 500 + waitingOutMs(leaseMs) / 2);
    expect(next.epoch).toBeGreaterThan(lost.epoch);
    expect(lost.mayAct()).toBe(false);
  },
  limitMs,
);

test(
  "coordinator: a leader node deleted by hand ends leadership, and a successor still waits",
  async () => {
    const first = await candidate("a");
    const lost = await won(first.session.attempt(never));
    const second = await candidate("b");
    const turn = second.session.turn(never);
    await Bun.sleep(700);
    await meddler.delete(layout.leader);
    const deletedAt = performance.now();
    await turn;
    const next = await won(second.session.attempt(never));
    // The old leader could have acted until its lease ended: nobody did before.
    expect(performance.now() - deletedAt).toBeGreaterThan(leaseMs - 700);
    expect(next.mayAct()).toBe(true);
    expect(lost.mayAct()).toBe(false);
    expect(lost.lost.failure).toMatchObject({ code: "leadership-lost" });
  },
  limitMs,
);

test(
  "coordinator: a renewal that lands on a successor's node does not count",
  async () => {
    const { session } = await candidate("a");
    const leadership = await won(session.attempt(never));
    const { stat, data } = await meddler.getData(layout.leader);
    // Somebody else's node under the same path, with the version that our renewal expects.
    const operations = [
      { kind: "delete", path: layout.leader },
      { kind: "create", path: layout.leader, data, mode: "ephemeral" },
      ...Array.from({ length: stat.version }, () => ({
        kind: "set" as const,
        path: layout.leader,
        data,
      })),
    ] as const;
    await meddler.multi(operations);
    await new Promise<void>((resolve) => {
      leadership.lost.signal.addEventListener("abort", () => resolve());
    });
    expect(leadership.lost.failure).toMatchObject({ code: "leadership-lost" });
    expect(leadership.mayAct()).toBe(false);
    await meddler.delete(layout.leader);
  },
  limitMs,
);

test(
  "coordinator: a foreign write to our node costs a renewal, not leadership",
  async () => {
    const { session } = await candidate("a");
    const leadership = await won(session.attempt(never));
    await meddler.setData(layout.leader, new TextEncoder().encode("scribble"));
    await Bun.sleep(sessionTimeoutMs);
    expect(leadership.mayAct()).toBe(true);
    expect(leadership.lost.failure).toBeUndefined();
  },
  limitMs,
);

test(
  "coordinator: resigning cannot remove a successor's node",
  async () => {
    const first = await candidate("a");
    const lost = await won(first.session.attempt(never));
    await meddler.delete(layout.leader);
    const second = await candidate("b");
    const taking = won(second.session.attempt(never));
    await Bun.sleep(100);
    expect((await lost.resign(never)).kind).toBe("unknown");
    expect((await meddler.exists(layout.leader)).stat).toBeDefined();
    expect((await taking).mayAct()).toBe(true);
  },
  limitMs,
);

test.each([
  { name: "missing", spoil: async () => meddler.delete(layout.term) },
  {
    name: "damaged",
    spoil: async () => meddler.setData(layout.term, new TextEncoder().encode("{")),
  },
])(
  "coordinator: a $name term counts as held",
  async ({ spoil }) => {
    const { session, events } = await candidate("a");
    await spoil();
    const startedAt = performance.now();
    const leadership = await won(session.attempt(never));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(waitingOutMs(leaseMs));
    expect(leadership.mayAct()).toBe(true);
    expect(events.of("waiting-out")).toHaveLength(1);
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    expect(await readTerm()).toEqual({ state: "released" });
  },
  limitMs,
);

test(
  "coordinator: the wait is that of the holder's lease, and a taker hands it on",
  async () => {
    const { session, events } = await candidate("a");
    await meddler.setData(layout.term, encodeTerm({ state: "held", leaseMs: 3000 }));
    const stop = new AbortController();
    const attempt = session.attempt(stop.signal);
    while (events.of("waiting-out").length === 0) await Bun.sleep(5);
    expect(events.of("waiting-out")[0]?.waitMs).toBeGreaterThan(waitingOutMs(3000) - 50);
    // Should we go now, our successor must wait for the long lease as well.
    expect(await readTerm()).toEqual({ state: "held", leaseMs: 3000 });
    stop.abort();
    expect((await attempt).kind).toBe("undecided");
    await session.close(never);
    expect(await readTerm()).toEqual({ state: "held", leaseMs: 3000 });
  },
  limitMs,
);

test(
  "coordinator: without a line, regular attempts still find a leader",
  async () => {
    const { session } = await candidate("a");
    await meddler.delete(layout.replicas);
    const leadership = await won(session.attempt(never));
    expect(leadership.mayAct()).toBe(true);
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
  },
  limitMs,
);

test(
  "coordinator: an entry removed by hand is made anew, and resigning works without it",
  async () => {
    const { session } = await candidate("a");
    const leadership = await won(session.attempt(never));
    const { children } = await meddler.getChildren(layout.replicas);
    await meddler.delete(`${layout.replicas}/${children[0]}`);
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    await session.turn(never);
    expect((await meddler.getChildren(layout.replicas)).children).toHaveLength(1);
  },
  limitMs,
);

test(
  "coordinator: a hand-over calls one replica up, and tells one more that it is next",
  async () => {
    const leader = await candidate("leader");
    const leadership = await won(leader.session.attempt(never));
    const crowd: Candidate[] = [];
    for (let index = 0; index < 10; index += 1) crowd.push(await candidate(`crowd-${index}`));
    const called: number[] = [];
    const stop = new AbortController();
    for (const [index, { session, events }] of crowd.entries()) {
      void session.turn(stop.signal).then(() => {
        if (!stop.signal.aborted) called.push(index);
      });
      while (events.of("line").length === 0) await Bun.sleep(5);
    }
    await leadership.resign(never);
    while (called.length === 0) await Bun.sleep(5);
    const next = await won(crowd[called[0] ?? 0]?.session.attempt(never) ?? Promise.reject());
    await Bun.sleep(300);
    expect(called).toEqual([0]);
    // Everybody looked at the line once, the second in line twice: the first's entry changed.
    const looks = crowd.map(({ events }) => events.of("line").length);
    expect(looks).toEqual([1, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(next.mayAct()).toBe(true);
    stop.abort();
  },
  limitMs,
);

test(
  "coordinator: the horizon covers every epoch given so far",
  async () => {
    const { session } = await candidate("a");
    const leadership = await won(session.attempt(never));
    const other = await candidate("b");
    const horizon = await other.session.horizon(never);
    expect(horizon).toBeGreaterThanOrEqual(leadership.epoch);
  },
  limitMs,
);

test(
  "coordinator: a session that the server ended is lost, with its leadership",
  async () => {
    const { session } = await candidate("a");
    const leadership = await won(session.attempt(never));
    await server.kill("SIGSTOP");
    await new Promise<void>((resolve) => {
      session.lost.signal.addEventListener("abort", () => resolve());
    });
    expect(session.lost.failure).toMatchObject({ code: "session-lost" });
    // The lease ended first: by its own clock, without a word from any server.
    expect(leadership.lost.failure).toMatchObject({ code: "lease-ended" });
    await server.kill("SIGCONT");
  },
  limitMs,
);

/** Runs `request` so that what has `opcode` is executed, and its reply is lost. */
async function withLostReply<Reply>(
  transport: LossyTransport,
  opcode: number,
  executed: () => Promise<boolean>,
  request: () => Promise<Reply>,
): Promise<Reply> {
  transport.deafFrom = opcode;
  const reply = request();
  while (!(await executed())) await Bun.sleep(5);
  transport.cut();
  return await reply;
}

const leads = async (): Promise<boolean> =>
  (await meddler.exists(layout.leader)).stat !== undefined;

const entries = async (): Promise<readonly string[]> =>
  (await meddler.getChildren(layout.replicas)).children;

test(
  "coordinator: a lost reply to the taking is settled by the node's owner",
  async () => {
    const transport = new LossyTransport(new TcpTransport());
    const { session, events } = await candidate("a", transport);
    const attempt = await withLostReply(transport, Opcode.multi, leads, () =>
      session.attempt(never),
    );
    const leadership = await won(Promise.resolve(attempt));
    const { stat } = await meddler.exists(layout.leader);
    expect(stat?.czxid).toBe(leadership.epoch);
    expect(leadership.mayAct()).toBe(true);
    expect(events.of("connection").map(({ change }) => change)).toContain("resumed");
    // The entry that the lost taking made in the line was found too.
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    expect(await entries()).toEqual([]);
  },
  limitMs,
);

test(
  "coordinator: a lost reply to the resignation is not repeated",
  async () => {
    const transport = new LossyTransport(new TcpTransport());
    const { session } = await candidate("a", transport);
    const leadership = await won(session.attempt(never));
    const gone = async (): Promise<boolean> => !(await leads());
    const outcome = await withLostReply(transport, Opcode.multi, gone, () =>
      leadership.resign(never),
    );
    expect(outcome.kind).toBe("unknown");
    expect(await readTerm()).toEqual({ state: "released" });
  },
  limitMs,
);

test(
  "coordinator: a lost reply to a renewal is settled by reading, within the lease",
  async () => {
    const transport = new LossyTransport(new TcpTransport());
    const { session } = await candidate("a", transport);
    const leadership = await won(session.attempt(never));
    const renewed = async (): Promise<boolean> =>
      ((await meddler.exists(layout.leader)).stat?.version ?? 0) > 0;
    await withLostReply(transport, Opcode.setData, renewed, () => Promise.resolve());
    const { renewedAt } = leadership;
    await Bun.sleep(leaseMs);
    expect(leadership.renewedAt).toBeGreaterThan(renewedAt);
    expect(leadership.mayAct()).toBe(true);
  },
  limitMs,
);

test(
  "coordinator: a lost reply to joining the line makes no second entry",
  async () => {
    const leader = await candidate("leader");
    await won(leader.session.attempt(never));
    const transport = new LossyTransport(new TcpTransport());
    const { session, events } = await candidate("a", transport);
    const stop = new AbortController();
    const joined = async (): Promise<boolean> => (await entries()).length === 2;
    const turn = withLostReply(transport, Opcode.create2, joined, () => session.turn(stop.signal));
    while (events.of("line").length === 0) await Bun.sleep(5);
    expect(await entries()).toHaveLength(2);
    expect(events.of("line")).toMatchObject([{ position: 1, size: 2 }]);
    stop.abort();
    await turn;
  },
  limitMs,
);
