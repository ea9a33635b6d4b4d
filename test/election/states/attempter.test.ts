import { expect, test } from "bun:test";
import { attempter } from "../../../src/election/states/attempter.ts";
import { type Call, outOfTurn } from "../../../src/election/ports/coordinator.ts";
import { settle } from "../../fake/scheduler.ts";
import { diskFull, FakeWorld, led, otherReplica, sessionLost } from "../../fake/election.ts";

test("attempter: leads when the first attempt wins", async () => {
  const world = new FakeWorld();
  const leadership = world.leadership();
  const session = world.session({ kind: "won", leadership });
  const transition = await attempter(world, { kind: "Attempter", session, yields: false });
  expect(transition).toMatchObject({
    to: { kind: "Leader", session, leadership },
    reason: "elected",
    detail: "leads with epoch 7",
  });
});

test("attempter: attempts again at once when it is its turn", async () => {
  const world = new FakeWorld();
  const session = world.session(led, { kind: "won", leadership: world.leadership() });
  const transition = attempter(world, { kind: "Attempter", session, yields: false });
  await settle();
  expect(session.attemptCount).toBe(1);
  session.callUp();
  expect((await transition).to.kind).toBe("Leader");
  expect(world.scheduler.now()).toBe(0 as never);
});

test("attempter: hands the call of its turn to the attempt, and to that one alone", async () => {
  const world = new FakeWorld();
  const session = world.session(led);
  session.sightings = [led];
  const call: Call = { isOurTurn: true };
  const transition = attempter(world, { kind: "Attempter", session, yields: false });
  await settle();
  session.callUp(call);
  await settle();
  await world.scheduler.advance(60_000);
  expect(session.calls).toEqual([outOfTurn, call, outOfTurn]);
  expect(session.calls[1]).toBe(call);
  world.askToStop();
  await transition;
});

test("attempter: a call that comes while it looks who leads is not lost", async () => {
  const world = new FakeWorld();
  const session = world.session(led, { kind: "won", leadership: world.leadership() });
  session.sightings = [{ kind: "nobody" }];
  const call: Call = { isOurTurn: true };
  session.whileLooking = async () => {
    session.callUp(call);
    await settle();
  };
  const transition = attempter(world, { kind: "Attempter", session, yields: false });
  await world.scheduler.advance(10_000);
  expect((await transition).to.kind).toBe("Leader");
  expect(session.calls[1]).toBe(call);
});

test("attempter: after a step-down the attempt is given the call of the turn before it", async () => {
  const world = new FakeWorld();
  const session = world.session(led);
  const call: Call = { isOurTurn: true };
  const transition = attempter(world, { kind: "Attempter", session, yields: true });
  await settle();
  session.callUp(call);
  await settle();
  expect(session.calls[0]).toBe(call);
  world.askToStop();
  await transition;
});

test("attempter: keeps its place while the same one leads, and attempts in full now and then", async () => {
  const world = new FakeWorld();
  const session = world.session(led);
  // Whoever it is: the place in line is as good as before.
  session.sightings = [led, { ...led, leader: undefined }];
  const transition = attempter(world, { kind: "Attempter", session, yields: false });
  await world.scheduler.advance(59_999);
  expect([session.attemptCount, session.turnCount]).toEqual([1, 1]);
  expect(world.observer.of("attempt")).toHaveLength(6);
  await world.scheduler.advance(1);
  expect([session.attemptCount, session.turnCount]).toEqual([2, 2]);
  expect(world.observer.of("attempt")).toHaveLength(7);
  session.callUp();
  await settle();
  expect(session.attemptCount).toBe(3);
  world.askToStop();
  await transition;
  expect(world.scheduler.sleeping).toBe(0);
});

for (const [what, sighting] of [
  ["nobody leads", { kind: "nobody" }],
  ["the answer is not clear", { kind: "unknown" }],
] as const) {
  test(`attempter: attempts at its regular look when ${what}`, async () => {
    const world = new FakeWorld();
    const session = world.session(led);
    session.sightings = [led, sighting];
    const transition = attempter(world, { kind: "Attempter", session, yields: false });
    await world.scheduler.advance(19_999);
    expect(session.attemptCount).toBe(1);
    await world.scheduler.advance(1);
    expect([session.attemptCount, session.turnCount]).toEqual([2, 2]);
    world.askToStop();
    await transition;
  });
}

test("attempter: attempts every attempter-timeout whatever the line says", async () => {
  const world = new FakeWorld();
  const session = world.session(led);
  const transition = attempter(world, { kind: "Attempter", session, yields: false });
  await world.scheduler.advance(9999);
  expect(session.attemptCount).toBe(1);
  await world.scheduler.advance(1);
  expect(session.attemptCount).toBe(2);
  await world.scheduler.advance(20_000);
  expect(session.attemptCount).toBe(4);
  world.askToStop();
  await transition;
  expect(world.scheduler.sleeping).toBe(0);
});

test("attempter: goes to Failover as soon as the session is lost", async () => {
  const world = new FakeWorld();
  const session = world.session(led);
  const transition = attempter(world, { kind: "Attempter", session, yields: false });
  await world.scheduler.advance(100);
  session.lost.end(sessionLost);
  expect(await transition).toMatchObject({
    to: { kind: "Failover", failure: sessionLost, holdings: { session } },
    reason: "session-lost",
  });
  expect(world.scheduler.now()).toBe(100 as never);
});

test("attempter: goes to Failover when the coordinator refuses for good", async () => {
  const world = new FakeWorld();
  const failure = { resource: "coordinator", code: "rejected", detail: "no permission" } as const;
  const session = world.session({ kind: "failed", failure });
  const transition = await attempter(world, { kind: "Attempter", session, yields: false });
  expect(transition).toMatchObject({ to: { kind: "Failover", failure }, reason: "rejected" });
});

test("attempter: leads even if a stop came with the victory, so that Leader gives it up", async () => {
  const world = new FakeWorld();
  const session = world.session({ kind: "won", leadership: world.leadership() });
  world.askToStop();
  const transition = await attempter(world, { kind: "Attempter", session, yields: false });
  expect(transition.to.kind).toBe("Leader");
});

test("attempter: stops on a signal while it waits", async () => {
  const world = new FakeWorld();
  const session = world.session(led);
  const transition = attempter(world, { kind: "Attempter", session, yields: false });
  await settle();
  world.askToStop();
  expect(await transition).toMatchObject({ to: { kind: "Stopping", holdings: { session } } });
  expect(world.scheduler.sleeping).toBe(0);
});

test("attempter: does not spin when answers stay unclear and it is always its turn", async () => {
  const world = new FakeWorld();
  const session = world.session({ kind: "undecided", detail: "no answer" });
  session.alwaysOurTurn = true;
  const transition = attempter(world, { kind: "Attempter", session, yields: false });
  await world.scheduler.advance(1000);
  expect(session.attemptCount).toBeGreaterThan(5);
  expect(session.attemptCount).toBeLessThanOrEqual(11);
  world.askToStop();
  await transition;
});

test("attempter: gives the coordinator's repair attempts back after one clear answer", async () => {
  const world = new FakeWorld();
  world.budget.spend("coordinator");
  world.budget.spend("duty");
  const unclear = { kind: "undecided", detail: "no answer" } as const;
  const session = world.session(unclear, led);
  const transition = attempter(world, { kind: "Attempter", session, yields: false });
  await settle();
  expect(world.budget.spent("coordinator")).toBe(1);
  await world.scheduler.advance(10_200);
  expect(world.budget.spent("coordinator")).toBe(0);
  expect(world.budget.spent("duty")).toBe(1);
  world.askToStop();
  await transition;
});

test("attempter: after a step-down lets the line go first", async () => {
  const world = new FakeWorld();
  const session = world.session({ kind: "won", leadership: world.leadership() });
  const transition = attempter(world, { kind: "Attempter", session, yields: true });
  await world.scheduler.advance(5000);
  expect(session.attemptCount).toBe(0);
  session.callUp();
  expect((await transition).to.kind).toBe("Leader");
});

test("attempter: after a step-down attempts after an attempter-timeout, whoever is in line", async () => {
  const world = new FakeWorld();
  const session = world.session({ kind: "won", leadership: world.leadership() });
  const transition = attempter(world, { kind: "Attempter", session, yields: true });
  await world.scheduler.advance(10_000);
  expect((await transition).to.kind).toBe("Leader");
});

/** A world whose leader was asked to step down, and not to stand for `restMs`. */
function resting(restMs: number): FakeWorld {
  const world = new FakeWorld();
  using _leader = world.stepDown.arm(world.scheduler);
  world.stepDown.request(restMs);
  return world;
}

test("attempter: a rest keeps it out of the line, and from the regular attempts", async () => {
  const world = resting(30_000);
  const session = world.session({ kind: "won", leadership: world.leadership() });
  session.alwaysOurTurn = true;
  const transition = attempter(world, { kind: "Attempter", session, yields: true });
  await world.scheduler.advance(29_999);
  expect([session.attemptCount, session.turnCount]).toEqual([0, 0]);
  await world.scheduler.advance(1);
  expect((await transition).to.kind).toBe("Leader");
  expect(session.turnCount).toBe(1);
  expect(world.scheduler.sleeping).toBe(0);
});

test("attempter: a rest goes on in a new session, and is over once", async () => {
  const world = resting(1000);
  const first = world.session(led);
  const transition = attempter(world, { kind: "Attempter", session: first, yields: true });
  await world.scheduler.advance(400);
  first.lost.end(sessionLost);
  expect((await transition).to.kind).toBe("Failover");
  expect(first.attemptCount).toBe(0);

  const second = world.session({ kind: "won", leadership: world.leadership() });
  second.alwaysOurTurn = true;
  const next = attempter(world, { kind: "Attempter", session: second, yields: false });
  await world.scheduler.advance(599);
  expect(second.attemptCount).toBe(0);
  await world.scheduler.advance(1);
  expect((await next).to.kind).toBe("Leader");
  const third = world.session({ kind: "won", leadership: world.leadership() });
  await attempter(world, { kind: "Attempter", session: third, yields: false });
  expect(third.turnCount).toBe(0);
});

test("attempter: stops on a signal while it rests, without an attempt", async () => {
  const world = resting(30_000);
  const session = world.session(led);
  const transition = attempter(world, { kind: "Attempter", session, yields: true });
  await settle();
  world.askToStop();
  expect((await transition).to.kind).toBe("Stopping");
  expect(session.attemptCount).toBe(0);
  expect(world.scheduler.sleeping).toBe(0);
});

test("attempter: while it rests it tells who leads, and that nobody does, once each", async () => {
  const world = resting(60_000);
  world.budget.spend("coordinator");
  const session = world.session(led);
  session.sightings = [
    { kind: "unknown" },
    { kind: "nobody" },
    { kind: "nobody" },
    { kind: "led", leader: otherReplica },
  ];
  const transition = attempter(world, { kind: "Attempter", session, yields: true });
  await world.scheduler.advance(500);
  expect(world.budget.spent("coordinator")).toBe(1);
  await world.scheduler.advance(59_500);
  const told = world.observer.of("resting").map(({ change, leader }) => [change, leader?.replica]);
  expect(told).toEqual([
    ["began", undefined],
    ["vacant", undefined],
    ["led", "other"],
    ["ended", "other"],
  ] as never);
  expect(world.budget.spent("coordinator")).toBe(0);
  world.askToStop();
  await transition;
});

test("attempter: a waiting replica that is granted too little stands no more, and says why", async () => {
  const world = new FakeWorld();
  const session = world.session(led);
  const transition = attempter(world, { kind: "Attempter", session, yields: false });
  await settle();
  world.dutyProblem = diskFull;
  session.callUp();
  expect(await transition).toMatchObject({ to: { kind: "Failover", failure: diskFull } });
  expect(session.attemptCount).toBe(1);
});
