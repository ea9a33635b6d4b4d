import { expect, test } from "bun:test";
import { outOfTurn, type Leadership } from "../../../src/election/ports/coordinator.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import { Recorder } from "../../fake/election.ts";
import { GatedTransport } from "../../fake/gated-transport.ts";
import { abortOf, Bench, leaseMs, limitMs, never, won } from "./bench.fixture.ts";

const bench = new Bench();

/** One process, and the network that it sees the servers through. */
function replica() {
  const [events, transport] = [new Recorder(), new GatedTransport(new TcpTransport())];
  return { coordinator: bench.coordinator("a", events, transport), events, transport };
}

/** Waits for what becomes of a lost session, and returns the words for it. */
async function fateOf(events: Recorder): Promise<string> {
  for (;;) {
    const told = events.of("notice").find(({ detail }) => detail.includes("lost session"));
    if (told !== undefined) return told.detail;
    await Bun.sleep(5);
  }
}

async function loses(leadership: Leadership): Promise<void> {
  await abortOf(leadership.lost.signal);
  expect(leadership.mayAct()).toBe(false);
}

/** A leader whose lease has ended out of reach of the servers, and whose session is over here. */
async function lostLeader(end: "resigns" | "its effect hangs") {
  const { coordinator, events, transport } = replica();
  const session = await bench.opened(coordinator);
  const leadership = await won(session.attempt(outOfTurn, never));
  transport.shut();
  await loses(leadership);
  if (end === "resigns") await leadership.resign(never);
  await session.close(never);
  return { coordinator, events, transport, epoch: leadership.epoch };
}

test(
  "unclosed sessions: a lease that ended while the server was away is released when it is back",
  async () => {
    const { coordinator, events } = replica();
    const session = await bench.opened(coordinator);
    const leadership = await won(session.attempt(outOfTurn, never));
    await bench.server.stop();
    await loses(leadership);
    // At once, although nobody answers.
    expect(await leadership.resign(never)).toMatchObject({ kind: "unknown" });
    await session.close(never);
    await bench.server.restart();
    // The try that is under way may rest just now, or have ended while the server was away.
    await bench.opened(coordinator);
    expect(await fateOf(events)).toStartWith(`gave up epoch ${leadership.epoch}, `);
    expect(await bench.leaseNote()).toEqual({ state: "released" });
    expect(await bench.isLed()).toBe(false);
    expect(await bench.entries()).toEqual([]);
  },
  limitMs,
);

test(
  "unclosed sessions: whoever opens the next session finds the place free at the first attempt",
  async () => {
    const { coordinator, events, transport, epoch } = await lostLeader("resigns");
    transport.open();
    const next = await bench.opened(coordinator);
    expect((await won(next.attempt(outOfTurn, never))).epoch).toBeGreaterThan(epoch);
    expect(events.of("waiting-out")).toEqual([]);
  },
  limitMs,
);

test(
  "unclosed sessions: without a resignation, as while an effect hangs, the session is only closed",
  async () => {
    const { events, transport } = await lostLeader("its effect hangs");
    transport.open();
    expect(await fateOf(events)).toBe("closed a lost session of ours, which had not resigned");
    expect(await bench.isLed()).toBe(false);
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs });
  },
  limitMs,
);

test(
  "unclosed sessions: of one that still waited for an earlier lease, the session is only closed",
  async () => {
    const { coordinator, events, transport } = replica();
    const session = await bench.opened(coordinator);
    await bench.writeLeaseNote({ state: "held", leaseMs: 60_000 });
    const attempt = session.attempt(outOfTurn, never);
    while (events.of("waiting-out").length === 0) await Bun.sleep(5);
    transport.shut();
    expect(await attempt).toMatchObject({ kind: "failed" });
    await session.close(never);
    transport.open();
    expect(await fateOf(events)).toBe("closed a lost session of ours, which had not resigned");
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs: 60_000 });
  },
  limitMs,
);

test(
  "unclosed sessions: a leadership that was given up, and a session that was closed, leave none",
  async () => {
    const { coordinator, events, transport } = replica();
    const [first, second] = [await bench.opened(coordinator), await bench.opened(coordinator)];
    await (await won(first.attempt(outOfTurn, never))).resign(never);
    transport.shut();
    await first.close(never);
    await second.close(never);
    transport.open();
    const third = await bench.opened(coordinator);
    await won(third.attempt(outOfTurn, never));
    await third.close(never);
    expect(await coordinator.leave(never)).toBeUndefined();
    expect(events.of("notice").filter(({ detail }) => detail.includes("lost session"))).toEqual([]);
  },
  limitMs,
);

test(
  "unclosed sessions: a process that ends says what is left, and does not wait for servers that are away",
  async () => {
    const { coordinator, transport, epoch } = await lostLeader("resigns");
    const begun = performance.now();
    expect(await coordinator.leave(never)).toContain(`epoch ${epoch}`);
    expect(performance.now() - begun).toBeLessThan(leaseMs);
    transport.open();
    expect(await bench.leaseNote()).toEqual({ state: "held", leaseMs });
  },
  limitMs,
);
