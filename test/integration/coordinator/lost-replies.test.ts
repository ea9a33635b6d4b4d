import { expect, test } from "bun:test";
import { outOfTurn } from "../../../src/election/ports/coordinator.ts";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import type { SessionKey } from "../../../src/coordination/zookeeper/leadership/session-key.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import { LossyTransport } from "../../fake/lossy-transport.ts";
import { Bench, leaseMs, limitMs, never, won } from "./bench.fixture.ts";

const bench = new Bench();

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

test(
  "coordinator: a lost reply to the taking is settled by the node's owner (I5)",
  async () => {
    const transport = new LossyTransport(new TcpTransport());
    const { session, events } = await bench.candidate("a", transport);
    const attempt = await withLostReply(
      transport,
      Opcode.multi,
      () => bench.isLed(),
      () => session.attempt(outOfTurn, never),
    );
    const leadership = await won(Promise.resolve(attempt));
    const { stat } = await bench.meddler.exists(bench.layout.leader);
    expect(stat?.czxid).toBe(leadership.epoch);
    expect(leadership.mayAct()).toBe(true);
    expect(events.of("connection").map(({ change }) => change)).toContain("resumed");
    // The entry that the lost taking made in the line was found too.
    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    expect(await bench.entries()).toEqual([]);
  },
  limitMs,
);

test(
  "coordinator: a lost reply to the resignation is not repeated (I5)",
  async () => {
    const transport = new LossyTransport(new TcpTransport());
    const { leadership } = await bench.leader("a", transport);
    const outcome = await withLostReply(transport, Opcode.multi, isFree, () =>
      leadership.resign(never),
    );
    expect(outcome.kind).toBe("unknown");
    expect(await bench.leaseNote()).toEqual({ state: "released" });
  },
  limitMs,
);

test(
  "coordinator: a lost reply to a renewal is settled by reading, within the lease (I5)",
  async () => {
    const transport = new LossyTransport(new TcpTransport());
    const { leadership } = await bench.leader("a", transport);
    await withLostReply(transport, Opcode.setData, isRenewed, () => Promise.resolve());
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
    await bench.leader("leader");
    const transport = new LossyTransport(new TcpTransport());
    const { session, events } = await bench.candidate("a", transport);
    const stop = new AbortController();
    const joined = async (): Promise<boolean> => (await bench.entries()).length === 2;
    const turn = withLostReply(transport, Opcode.create2, joined, () => session.turn(stop.signal));
    while (events.of("standing").length === 0) await Bun.sleep(5);
    expect(await bench.entries()).toHaveLength(2);
    expect(events.of("standing")).toMatchObject([{ standing: { position: 1, size: 2 } }]);
    stop.abort();
    await turn;
  },
  limitMs,
);

test(
  "coordinator: a replica does not stand in line behind itself when a create comes late",
  async () => {
    const leader = await bench.candidate("leader");
    // Its second entry leaves room for an earlier one.
    await (await won(leader.session.attempt(outOfTurn, never))).resign(never);
    const leadership = await won(leader.session.attempt(outOfTurn, never));
    const keys: SessionKey[] = [];
    const { session, events } = await bench.candidate("a", undefined, (key) => keys.push(key));
    const stop = new AbortController();
    const joining = session.turn(stop.signal);
    while (events.of("standing").length === 0) await Bun.sleep(5);
    stop.abort();
    await joining;

    const [key] = keys;
    if (key === undefined) throw new Error("the session's key is kept when it begins");
    await bench.inTheNameOf(key, async (client) => {
      await client.create(`${bench.layout.replicas}/a-0000000000`, new Uint8Array(), {
        mode: "ephemeral",
      });
    });
    const turn = session.turn(never);
    while ((await bench.entries()).length !== 2) await Bun.sleep(5);
    expect(await bench.entries()).not.toContain("a-0000000000");
    await leadership.resign(never);
    const call = await turn;
    expect((await won(session.attempt(call, never))).mayAct()).toBe(true);
  },
  limitMs,
);

test(
  "coordinator: after a step-down a replica stands at the end, also when an entry of it came late",
  async () => {
    const keys: SessionKey[] = [];
    const { session, events, leadership } = await bench.leader("a", undefined, (key) =>
      keys.push(key),
    );
    const [key] = keys;
    if (key === undefined) throw new Error("the session's key is kept when it begins");
    await bench.inTheNameOf(key, async (client) => {
      await client.create(`${bench.layout.replicas}/a-`, new Uint8Array(), {
        mode: "ephemeral-sequential",
      });
    });
    const waiter = await bench.waiter("b");

    expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
    await waiter.turn;
    const stop = new AbortController();
    const again = session.turn(stop.signal);
    while (events.of("standing").length === 0) await Bun.sleep(5);
    expect(events.of("standing")).toMatchObject([
      { standing: { position: 1, candidates: ["b", "a"] } },
    ]);
    expect(await bench.entries()).toHaveLength(2);
    stop.abort();
    await again;
  },
  limitMs,
);

async function isFree(): Promise<boolean> {
  return !(await bench.isLed());
}

async function isRenewed(): Promise<boolean> {
  const { stat } = await bench.meddler.exists(bench.layout.leader);
  return (stat?.version ?? 0) > 0;
}
