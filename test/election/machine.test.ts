import { expect, test } from "bun:test";
import { run } from "../../src/election/machine.ts";
import type { Transition } from "../../src/election/state.ts";
import { type StateName, stateNames, transitions } from "../../src/election/transitions.ts";
import { diskFull, FakeWorld, held, led, leaseEnded, sessionLost } from "../fake/election.ts";
import { settle } from "../fake/scheduler.ts";

test("machine: leads, loses its lease, repairs, leads again, steps down and stops", async () => {
  const world = new FakeWorld();
  const [first, second, third] = [world.leadership(), world.leadership(), world.leadership()];
  const oldSession = world.session({ kind: "won", leadership: first });
  const newSession = world.session({ kind: "won", leadership: second }, led, {
    kind: "won",
    leadership: third,
  });
  world.coordinator.openings.push(
    { kind: "opened", session: oldSession },
    { kind: "opened", session: newSession },
  );
  const status = run(world);
  await settle();
  first.lose(leaseEnded);
  await world.scheduler.advance(1000);
  world.stepDown.request();
  await world.scheduler.advance(10_000);
  world.askToStop();
  expect((await status).code).toBe(0);
  expect(world.observer.edges).toEqual([
    "Init>Attempter:ready",
    "Attempter>Leader:elected",
    "Leader>Failover:lease-ended",
    "Failover>Init:repaired",
    "Init>Attempter:ready",
    "Attempter>Leader:elected",
    "Leader>Attempter:step-down",
    "Attempter>Leader:elected",
    "Leader>Stopping:signal",
  ]);
  expect(world.scheduler.sleeping).toBe(0);
});

test("machine: losing the session does not end it, exhausted repairs do", async () => {
  const world = new FakeWorld();
  const session = world.session(led);
  world.coordinator.openings.push(
    { kind: "opened", session },
    { kind: "failed", failure: sessionLost },
  );
  const status = run(world);
  await settle();
  session.lost.end(sessionLost);
  await world.scheduler.advance(2999);
  expect(world.observer.edges.at(-1)).toBe("Attempter>Failover:session-lost");
  await world.scheduler.advance(1);
  expect(await status).toEqual({ code: 69, clean: true, reason: "session-lost: expired" });
});

test("machine: a duty that fails whenever it leads uses the attempts up", async () => {
  const world = new FakeWorld();
  const session = world.session({ kind: "won", leadership: world.leadership() });
  world.coordinator.openings.push({ kind: "opened", session });
  const status = run(world);
  for (let round = 0; round < 4; round += 1) {
    await settle();
    world.duty.fail(diskFull);
    await world.scheduler.advance(1000);
  }
  expect(await status).toEqual({ code: 69, clean: true, reason: "duty-failed: disk full" });
});

test("machine: transitions carry the epoch that they are about", async () => {
  const world = new FakeWorld();
  const leadership = world.leadership();
  const session = world.session({ kind: "won", leadership }, led);
  world.coordinator.openings.push({ kind: "opened", session });
  const status = run(world);
  await settle();
  world.stepDown.request();
  await settle();
  world.askToStop();
  await status;
  const epochs = world.observer.of("transition").map(({ to, epoch }) => [to, epoch]);
  expect(epochs).toEqual([
    ["Attempter", undefined],
    ["Leader", leadership.epoch],
    ["Attempter", leadership.epoch],
    ["Stopping", undefined],
  ]);
});

test("machine: a transition to Failover names the resource that failed, and no other does", async () => {
  const world = new FakeWorld();
  const session = world.session({ kind: "won", leadership: world.leadership() }, led);
  world.coordinator.openings.push({ kind: "opened", session });
  const status = run(world);
  await settle();
  world.duty.fail(diskFull);
  await settle();
  world.askToStop();
  await status;
  const told = world.observer.of("transition").map(({ to, failed }) => [to, failed]);
  expect(told).toEqual([
    ["Attempter", undefined],
    ["Leader", undefined],
    ["Failover", "duty"],
    ["Stopping", undefined],
  ]);
});

/** True only if both unions have the same members. */
type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false;
type Targets<From extends StateName> = Transition<From>["to"]["kind"];

test("transitions: the compiler lets a state return the edges of the table, and no other", () => {
  const init: Same<Targets<"Init">, "Attempter" | "Failover" | "Stopping"> = true;
  const attempter: Same<Targets<"Attempter">, "Leader" | "Failover" | "Stopping"> = true;
  const leader: Same<Targets<"Leader">, "Attempter" | "Failover" | "Stopping"> = true;
  const failover: Same<Targets<"Failover">, "Init" | "Stopping"> = true;
  expect([init, attempter, leader, failover]).toEqual([true, true, true, true]);
});

test("transitions: every state but Stopping can fail over or stop as the design says", () => {
  expect(stateNames).toEqual(["Init", "Attempter", "Leader", "Failover", "Stopping"]);
  expect(transitions).toEqual({
    Init: ["Attempter", "Failover", "Stopping"],
    Attempter: ["Leader", "Failover", "Stopping"],
    Leader: ["Attempter", "Failover", "Stopping"],
    Failover: ["Init", "Stopping"],
    Stopping: [],
  });
});

/** Brings a machine to a state where it waits, and says what it holds there. */
const arrivals = {
  Init: (world: FakeWorld) => {
    const session = world.session(led);
    world.coordinator.openings.push({ kind: "opened", session });
    world.duty.proving = held().promise;
    return { session, leadership: world.leadership() };
  },
  Attempter: (world: FakeWorld) => {
    const session = world.session(led);
    world.coordinator.openings.push({ kind: "opened", session });
    return { session, leadership: world.leadership() };
  },
  Leader: (world: FakeWorld) => {
    const leadership = world.leadership();
    const session = world.session({ kind: "won", leadership });
    world.coordinator.openings.push({ kind: "opened", session });
    return { session, leadership };
  },
  Failover: (world: FakeWorld) => ({ session: world.session(led), leadership: world.leadership() }),
  Stopping: (world: FakeWorld) => {
    const leadership = world.leadership();
    const session = world.session({ kind: "won", leadership });
    world.coordinator.openings.push({ kind: "opened", session });
    world.duty.effect = held().promise;
    world.askToStop();
    return { session, leadership };
  },
} as const;

type Held = ReturnType<(typeof arrivals)[StateName]>;

const happenings = {
  "a signal": (world: FakeWorld) => world.askToStop(),
  "a step-down": (world: FakeWorld) => world.stepDown.request(),
  "the session's loss": (_: FakeWorld, { session }: Held) => session.lost.end(sessionLost),
  "the lease's end": (_: FakeWorld, { leadership }: Held) => leadership.lose(leaseEnded),
  "the duty's failure": (world: FakeWorld) => world.duty.fail(diskFull),
  "an effect that hangs": (world: FakeWorld) => world.duty.mandate?.hangs(diskFull),
} as const;

/** The edge that each event takes in each state, in their order; "stays" where it takes none. */
const matrix: Readonly<Record<StateName, readonly string[]>> = {
  Init: ["Init>Stopping:signal", "stays", "stays", "stays", "stays", "stays"],
  Attempter: [
    "Attempter>Stopping:signal",
    "stays",
    "Attempter>Failover:session-lost",
    "stays",
    "stays",
    "stays",
  ],
  Leader: [
    "Leader>Stopping:signal",
    "Leader>Attempter:step-down",
    "Leader>Failover:session-lost",
    "Leader>Failover:lease-ended",
    "Leader>Failover:duty-failed",
    "Leader>Failover:duty-failed",
  ],
  Failover: ["Failover>Stopping:signal", "stays", "stays", "stays", "stays", "stays"],
  Stopping: ["stays", "stays", "stays", "stays", "stays", "stays"],
};

const cells = stateNames.flatMap((state) =>
  Object.entries(happenings).map(([event, happen], index) => ({
    state,
    event,
    happen,
    edge: matrix[state][index] ?? "missing",
  })),
);

test.each(cells)("machine: in $state, $event: $edge", async ({ state, happen, edge }) => {
  const world = new FakeWorld();
  const holdings = arrivals[state](world);
  void run(world);
  await settle();
  const before = world.observer.edges.length;
  happen(world, holdings);
  await settle();
  const [taken = "stays"] = world.observer.edges.slice(before);
  expect(taken).toBe(edge);
  world.askToStop();
  await world.scheduler.advance(10_000);
});
