import { expect, test } from "bun:test";
import { outOfTurn } from "../../../src/election/ports/coordinator.ts";
import { waitingOutMs } from "../../../src/coordination/zookeeper/lease-timing.ts";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import type { Transport } from "../../../src/zookeeper/transport/transport.ts";
import { LossyTransport } from "../../fake/lossy-transport.ts";
import { Bench, leaseMs, limitMs, never, won } from "./bench.fixture.ts";

const bench = new Bench();

test(
  "coordinator: a name with a dead and a living address opens a session",
  async () => {
    const tcp = new TcpTransport();
    const transport: Transport = {
      resolve: () => Promise.resolve(["127.0.0.2", "127.0.0.1"]),
      connect: (address, signal) => tcp.connect(address, signal),
    };
    const { session } = await bench.candidate("a", transport);
    expect((await session.attempt(outOfTurn, never)).kind).toBe("won");
  },
  limitMs,
);

test(
  "coordinator: records that are gone end the session's use, and are made anew",
  async () => {
    const coordinator = bench.coordinator("a");
    const session = await bench.opened(coordinator);
    await bench.deleteRecords();
    expect(await session.attempt(outOfTurn, never)).toMatchObject({
      kind: "failed",
      failure: { code: "records-missing" },
    });
    // The process remembers that there were records: a leader may have been alive under them.
    await bench.opened(coordinator);
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs });
  },
  limitMs,
);

test(
  "coordinator: standing in a line that is gone writes next to nothing",
  async () => {
    const { session, events } = await bench.candidate("a");
    await bench.deleteRecords();
    // Nobody leads, so what the line is for has to be kept from happening at once.
    await bench.meddler.create(bench.layout.base, new Uint8Array());
    await bench.meddler.create(bench.layout.leader, new Uint8Array());
    await bench.meddler.delete(bench.layout.leader);
    await bench.meddler.delete(bench.layout.base);
    const stop = new AbortController();
    const turn = session.turn(stop.signal);
    await Bun.sleep(1000);
    stop.abort();
    await turn;
    const writes = events.of("request").filter(({ operation }) => operation === "create");
    expect(writes.length).toBeLessThanOrEqual(4);
    expect(events.of("notice").at(-1)?.detail).toContain("the line is out of use");
  },
  limitMs,
);

test(
  "coordinator: a leader node that is ours without our knowing calls us up",
  async () => {
    const transport = new LossyTransport(new TcpTransport());
    const { session } = await bench.candidate("a", transport);
    transport.deafFrom = Opcode.multi;
    const attempt = session.attempt(outOfTurn, never);
    while (!(await bench.isLed())) await Bun.sleep(5);
    // The first look after the reconnect is lost as well.
    transport.cut();
    transport.deafFrom = Opcode.getData;
    await Bun.sleep(300);
    transport.cut();
    const isUndecided = (await attempt).kind === "undecided";
    const call = isUndecided ? await session.turn(AbortSignal.timeout(5000)) : outOfTurn;
    const leadership = await won(session.attempt(call, never));
    expect(leadership.mayAct()).toBe(true);
  },
  limitMs,
);

test(
  "coordinator: leadership that was resigned may not act, though its lease has not ended",
  async () => {
    const { leadership } = await bench.leader("a");
    const resigning = leadership.resign(never);
    expect(leadership.mayAct()).toBe(false);
    await resigning;
    expect(leadership.mayAct()).toBe(false);
  },
  limitMs,
);

test(
  "coordinator: a leader node that is not ephemeral is told, with the cure",
  async () => {
    const { session, events } = await bench.candidate("a");
    await bench.meddler.create(bench.layout.leader, new Uint8Array());
    expect((await session.attempt(outOfTurn, never)).kind).toBe("led");
    expect(events.of("notice").at(-1)?.detail).toContain("delete it by hand");
  },
  limitMs,
);

test(
  "coordinator: a long lease that was waited out is not handed on",
  async () => {
    const first = await bench.candidate("a");
    await bench.writeLeaseNote({ state: "held", leaseMs: 2500 });
    const leadership = await won(first.session.attempt(outOfTurn, never));
    const { epoch } = leadership;
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs, epoch: epoch.toString() });
    // What was seen of that leadership still counts: its epoch is named.
    const second = await bench.waiter("b");
    await Bun.sleep(700);
    first.session.abandon();
    const call = await second.turn;
    await won(second.session.attempt(call, never));
    const waited = second.events.of("waiting-out");
    expect(waited.every(({ waitMs }) => waitMs < waitingOutMs(leaseMs) / 2)).toBe(true);
  },
  limitMs,
);

test(
  "coordinator: resigning works after the lease was restated",
  async () => {
    const { session } = await bench.candidate("a");
    await bench.writeLeaseNote({ state: "held", leaseMs: 1500 });
    const leadership = await won(session.attempt(outOfTurn, never));
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    expect(await bench.leaseNote()).toEqual({ state: "released" });
  },
  limitMs,
);

test(
  "coordinator: an attempt while a join is unanswered makes no second entry",
  async () => {
    const leader = await bench.leader("leader");
    const transport = new LossyTransport(new TcpTransport());
    const { session } = await bench.candidate("a", transport);
    const stop = new AbortController();
    transport.deafFrom = Opcode.create2;
    const turn = session.turn(stop.signal);
    while ((await bench.entries()).length < 2) await Bun.sleep(5);
    stop.abort();
    await turn;
    await leader.leadership.resign(never);
    const attempt = session.attempt(outOfTurn, never);
    await Bun.sleep(100);
    transport.cut();
    const taken = await won(attempt);
    expect(await bench.entries()).toHaveLength(1);
    await taken.resign(never);
    expect(await bench.entries()).toEqual([]);
  },
  limitMs,
);

test(
  "coordinator: waiting in line ends when we close the session ourselves",
  async () => {
    await bench.leader("leader");
    const { session } = await bench.candidate("a");
    const turn = session.turn(never);
    await Bun.sleep(100);
    await session.close(never);
    await turn;
  },
  limitMs,
);

/** A leader, and two behind it in this order, who stand in line but do not act on it. */
async function lineOfThree() {
  const leader = await bench.candidate("leader");
  const leadership = await won(leader.session.attempt(outOfTurn, never));
  const [first, second] = [await bench.candidate("first"), await bench.candidate("second")];
  const turns = [];
  for (const { session, events } of [first, second]) {
    turns.push(session.turn(never));
    while (events.of("standing").length === 0) await Bun.sleep(5);
  }
  return { leadership, first, second, calledUp: turns[0] };
}

test(
  "coordinator: an attempt out of turn at the moment of a hand-over does not jump the line",
  async () => {
    const { leadership, first, second, calledUp } = await lineOfThree();
    await leadership.resign(never);
    const early = second.session.attempt(outOfTurn, never);
    const call = (await calledUp) ?? outOfTurn;
    const taken = await won(first.session.attempt(call, never));
    expect(await early).toMatchObject({ kind: "led", epoch: taken.epoch });
  },
  limitMs,
);

test(
  "coordinator: an attempt out of turn leads when those before it do nothing",
  async () => {
    const { leadership, second } = await lineOfThree();
    await leadership.resign(never);
    const startedAt = performance.now();
    const taken = await won(second.session.attempt(outOfTurn, never));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(100);
    expect(taken.mayAct()).toBe(true);
  },
  limitMs,
);
