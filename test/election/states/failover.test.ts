import { expect, test } from "bun:test";
import { failover } from "../../../src/election/states/failover.ts";
import type { Holdings } from "../../../src/election/state.ts";
import { settle } from "../../fake/scheduler.ts";
import {
  diskFull,
  FakeWorld,
  held,
  leadershipLost,
  leaseEnded,
  sessionLost,
  unreachable,
} from "../../fake/election.ts";

const nothing: Holdings = { session: undefined, tenure: undefined };
const stopped = Promise.resolve({ kind: "stopped" } as const);

test("failover: waits a failover-timeout before the first attempt, and hands its session on", async () => {
  const world = new FakeWorld();
  const session = world.session();
  world.coordinator.openings.push({ kind: "opened", session });
  const transition = failover(world, { kind: "Failover", failure: sessionLost, holdings: nothing });
  await world.scheduler.advance(999);
  expect(world.coordinator.opened).toBe(0);
  await world.scheduler.advance(1);
  expect(await transition).toMatchObject({ to: { kind: "Init", session }, reason: "repaired" });
});

test("failover: makes one attempt every failover-timeout, then stops with the last failure", async () => {
  const world = new FakeWorld();
  const transition = failover(world, { kind: "Failover", failure: sessionLost, holdings: nothing });
  await world.scheduler.advance(3000);
  expect(await transition).toMatchObject({
    to: { kind: "Stopping", cause: { kind: "exhausted", failure: unreachable } },
    reason: "exhausted",
  });
  expect(world.observer.of("repair").map(({ attempt, left }) => [attempt, left])).toEqual([
    [1, 2],
    [2, 1],
    [3, 0],
  ]);
});

test("failover: repairs the duty by proving it, without a session", async () => {
  const world = new FakeWorld();
  world.duty.proofs.push(
    { kind: "failed", failure: diskFull },
    { kind: "proved", fence: undefined },
  );
  const transition = failover(world, { kind: "Failover", failure: diskFull, holdings: nothing });
  await world.scheduler.advance(2000);
  expect(await transition).toMatchObject({ to: { kind: "Init", session: undefined } });
  expect(world.coordinator.opened).toBe(0);
});

test("failover: does not give attempts back by itself, so a flapping resource cannot loop", async () => {
  const world = new FakeWorld();
  for (let round = 0; round < 3; round += 1) {
    const transition = failover(world, { kind: "Failover", failure: diskFull, holdings: nothing });
    await world.scheduler.advance(1000);
    expect((await transition).to.kind).toBe("Init");
  }
  const last = await failover(world, { kind: "Failover", failure: diskFull, holdings: nothing });
  expect(last).toMatchObject({ to: { kind: "Stopping" }, reason: "exhausted" });
});

test("failover: ends the effect, resigns while the lease holds, and closes the session", async () => {
  const world = new FakeWorld();
  const tenure = { leadership: world.leadership(), ended: stopped };
  const holdings = { session: world.session(), tenure };
  const transition = failover(world, { kind: "Failover", failure: diskFull, holdings });
  await settle();
  expect(world.journal).toEqual(["resign", "close"]);
  world.askToStop();
  await transition;
});

test.each([
  { what: "the lease is over", failure: leaseEnded, journal: ["resign", "close"] },
  { what: "the session is lost", failure: sessionLost, journal: ["resign", "close"] },
  { what: "the node is not ours any more", failure: leadershipLost, journal: ["close"] },
])("failover: when $what, does $journal", async ({ failure, journal }) => {
  const world = new FakeWorld();
  const leadership = world.leadership();
  leadership.lose(failure);
  const holdings = { session: world.session(), tenure: { leadership, ended: stopped } };
  const transition = failover(world, { kind: "Failover", failure, holdings });
  await settle();
  expect(world.journal).toEqual([...journal]);
  world.askToStop();
  await transition;
});

test("failover: resigns nothing while an effect hangs, also when the lease is over", async () => {
  const world = new FakeWorld();
  const leadership = world.leadership();
  leadership.lose(leaseEnded);
  const effect = held();
  const ended = effect.promise.then(() => ({ kind: "stopped" }) as const);
  const holdings = { session: world.session(), tenure: { leadership, ended } };
  const transition = failover(world, { kind: "Failover", failure: leaseEnded, holdings });
  await world.scheduler.advance(2500);
  expect(world.journal).toEqual(["close"]);
  effect.release();
  await settle();
  expect(world.journal).toEqual(["close"]);
  world.askToStop();
  await transition;
});

test("failover: an effect that hangs keeps leadership unreleased and every repair from succeeding", async () => {
  const world = new FakeWorld();
  const effect = held();
  const ended = effect.promise.then(() => ({ kind: "stopped" }) as const);
  const holdings = { session: world.session(), tenure: { leadership: world.leadership(), ended } };
  const transition = failover(world, { kind: "Failover", failure: diskFull, holdings });
  await world.scheduler.advance(1000);
  expect(world.journal).toEqual(["close"]);
  await world.scheduler.advance(1000);
  expect(world.observer.of("repair")[0]?.failure?.detail).toContain("still running");
  expect(world.duty.proved).toBe(0);
  effect.release();
  await world.scheduler.advance(1000);
  expect((await transition).to.kind).toBe("Init");
});

test("failover: an effect that takes what the duty allows costs no attempt, and no session", async () => {
  const world = new FakeWorld();
  world.dutyEndMs = 20_000;
  const session = world.session();
  world.coordinator.openings.push({ kind: "opened", session });
  const effect = held();
  const ended = effect.promise.then(() => ({ kind: "stopped" }) as const);
  const leadership = world.leadership();
  leadership.lose(leaseEnded);
  const holdings = { session: world.session(), tenure: { leadership, ended } };
  const transition = failover(world, { kind: "Failover", failure: leaseEnded, holdings });
  await world.scheduler.advance(20_900);
  expect(world.journal).toEqual(["close"]);
  expect(world.observer.of("repair")).toEqual([]);
  expect(world.budget.left("coordinator")).toBe(3);
  effect.release();
  await world.scheduler.advance(1_000);
  expect(await transition).toMatchObject({ to: { kind: "Init", session }, reason: "repaired" });
  expect(world.observer.of("repair")).toMatchObject([{ resource: "coordinator", attempt: 1 }]);
});

test("failover: an effect that hangs is the duty's failure, though the coordinator had failed", async () => {
  const world = new FakeWorld();
  world.dutyEndMs = 5_000;
  const ended = held().promise.then(() => ({ kind: "stopped" }) as const);
  const holdings = { session: undefined, tenure: { leadership: world.leadership(), ended } };
  const transition = failover(world, { kind: "Failover", failure: leaseEnded, holdings });
  await world.scheduler.advance(1_000 + 5_000 + 3_000);
  expect(await transition).toMatchObject({
    to: { kind: "Stopping", cause: { kind: "exhausted", failure: { resource: "duty" } } },
    reason: "exhausted",
  });
  expect(world.budget.left("coordinator")).toBe(3);
  expect(world.coordinator.opened).toBe(0);
});

test("failover: an effect that ends late leaves the coordinator all of its attempts", async () => {
  const world = new FakeWorld();
  const effect = held();
  const ended = effect.promise.then(() => ({ kind: "stopped" }) as const);
  const holdings = { session: undefined, tenure: { leadership: world.leadership(), ended } };
  const transition = failover(world, { kind: "Failover", failure: leaseEnded, holdings });
  await world.scheduler.advance(1_000 + 1_500);
  effect.release();
  await world.scheduler.advance(500 + 3_000);
  expect((await transition).reason).toBe("exhausted");
  const attempts = world.observer.of("repair").map(({ resource, attempt }) => [resource, attempt]);
  expect(attempts).toEqual([
    ["duty", 1],
    ["duty", 2],
    ["coordinator", 1],
    ["coordinator", 2],
    ["coordinator", 3],
  ]);
});

test("failover: a signal ends the wait for the duty", async () => {
  const world = new FakeWorld();
  world.dutyEndMs = 60_000;
  const ended = held().promise.then(() => ({ kind: "stopped" }) as const);
  const holdings = { session: undefined, tenure: { leadership: world.leadership(), ended } };
  const transition = failover(world, { kind: "Failover", failure: leaseEnded, holdings });
  await world.scheduler.advance(10_000);
  world.askToStop();
  expect((await transition).to).toMatchObject({
    kind: "Stopping",
    holdings: { tenure: { ended } },
  });
  expect(world.scheduler.sleeping).toBe(0);
});

test.each([0, 500, 1000])("failover: stops on a signal %d ms after it began", async (ms) => {
  const world = new FakeWorld();
  const transition = failover(world, { kind: "Failover", failure: unreachable, holdings: nothing });
  await world.scheduler.advance(ms);
  world.askToStop();
  expect(await transition).toMatchObject({ to: { kind: "Stopping", cause: { kind: "signal" } } });
  expect(world.scheduler.sleeping).toBe(0);
});

test("failover: a proof that hangs is a failed attempt, and a signal does not wait for it", async () => {
  const world = new FakeWorld();
  world.duty.proving = held().promise;
  const transition = failover(world, { kind: "Failover", failure: diskFull, holdings: nothing });
  await world.scheduler.advance(6000);
  expect(world.observer.of("repair")).toMatchObject([{ attempt: 1, left: 2 }]);
  await world.scheduler.advance(1500);
  world.askToStop();
  expect((await transition).to.kind).toBe("Stopping");
  expect(world.scheduler.sleeping).toBe(0);
});

test("failover: a signal while it lets go does not cut the resignation off", async () => {
  const world = new FakeWorld();
  const leadership = world.leadership();
  const reply = held();
  leadership.resigning = reply.promise;
  const holdings = { session: world.session(), tenure: { leadership, ended: stopped } };
  const transition = failover(world, { kind: "Failover", failure: diskFull, holdings });
  await settle();
  world.askToStop();
  await settle();
  expect(world.journal).toEqual(["resign"]);
  reply.release();
  expect((await transition).to.kind).toBe("Stopping");
  expect(world.journal).toEqual(["resign", "close"]);
});

test("failover: a grant that does for no duty is asked for again, in a session of its own", async () => {
  const world = new FakeWorld();
  const [refused, granted] = [world.session(), world.session()];
  world.coordinator.openings.push(
    { kind: "opened", session: refused },
    { kind: "opened", session: granted },
  );
  world.dutyProblem = diskFull;
  const transition = failover(world, { kind: "Failover", failure: diskFull, holdings: nothing });
  await world.scheduler.advance(1000);
  expect(world.observer.of("repair")).toMatchObject([{ resource: "duty", failure: diskFull }]);
  expect(world.journal.filter((entry) => entry.includes("close"))).toHaveLength(1);
  // The next server grants more.
  const open = world.coordinator.open.bind(world.coordinator);
  world.coordinator.open = async () => {
    world.dutyProblem = undefined;
    return await open();
  };
  await world.scheduler.advance(1000);
  expect(await transition).toMatchObject({ to: { kind: "Init", session: granted } });
});

test("failover: a grant that does for no duty uses up the attempts of the duty", async () => {
  const world = new FakeWorld();
  world.dutyProblem = diskFull;
  const transition = failover(world, { kind: "Failover", failure: diskFull, holdings: nothing });
  await world.scheduler.advance(3000);
  expect(await transition).toMatchObject({
    to: { kind: "Stopping", cause: { kind: "exhausted", failure: diskFull } },
  });
});
