import { expect, test } from "bun:test";
import { init } from "../../../src/election/states/init.ts";
import {
  diskFull,
  epochOf,
  FakeWorld,
  held,
  sessionLost,
  unreachable,
} from "../../fake/election.ts";
import { settle } from "../../fake/scheduler.ts";

const fresh = { kind: "Init", session: undefined } as const;

test("init: hands the opened session to Attempter when every resource is available", async () => {
  const world = new FakeWorld();
  const session = world.session();
  world.coordinator.openings.push({ kind: "opened", session });
  const transition = await init(world, fresh);
  expect(transition).toMatchObject({ to: { kind: "Attempter", session }, reason: "ready" });
  expect(world.duty.proved).toBe(1);
});

test("init: uses the session that a repair opened instead of a second one", async () => {
  const world = new FakeWorld();
  const session = world.session();
  const transition = await init(world, { kind: "Init", session });
  expect(transition).toMatchObject({ to: { kind: "Attempter", session } });
  expect(world.coordinator.opened).toBe(0);
});

test("init: goes to Failover when no server answers", async () => {
  const world = new FakeWorld();
  const transition = await init(world, fresh);
  expect(transition).toMatchObject({
    to: { kind: "Failover", failure: unreachable, holdings: { session: undefined } },
    reason: "unreachable",
  });
});

test("init: goes to Failover with the session to close when the duty cannot be done", async () => {
  const world = new FakeWorld();
  const session = world.session();
  world.coordinator.openings.push({ kind: "opened", session });
  world.duty.proofs.push({ kind: "failed", failure: diskFull });
  const transition = await init(world, fresh);
  expect(transition).toMatchObject({
    to: { kind: "Failover", failure: diskFull, holdings: { session } },
    reason: "duty-failed",
  });
});

test("init: goes to Failover when the session was lost meanwhile", async () => {
  const world = new FakeWorld();
  const session = world.session();
  session.lost.end(sessionLost);
  const transition = await init(world, { kind: "Init", session });
  expect(transition).toMatchObject({ to: { kind: "Failover" }, reason: "session-lost" });
});

test.each([
  { name: "higher than any given so far", fence: 1001, to: "Failover" },
  { name: "one that was given", fence: 1000, to: "Attempter" },
])("init: with an epoch in the directory $name goes to $to", async ({ fence, to }) => {
  const world = new FakeWorld();
  const failure = { resource: "duty", code: "fenced", detail: "move it away" } as const;
  world.coordinator.openings.push({ kind: "opened", session: world.session() });
  world.duty.proofs.push({ kind: "proved", fence: { epoch: epochOf(fence), failure } });
  const transition = await init(world, fresh);
  expect(transition.to.kind).toBe(to as "Attempter");
});

test("init: stops on a signal, with the session to close", async () => {
  const world = new FakeWorld();
  const session = world.session();
  world.coordinator.openings.push({ kind: "opened", session });
  world.askToStop();
  const transition = await init(world, fresh);
  expect(transition).toMatchObject({
    to: { kind: "Stopping", cause: { kind: "signal" }, holdings: { session } },
    reason: "signal",
  });
});

test("init: a disk that hangs is a failure after 5 s, and the session is to be closed", async () => {
  const world = new FakeWorld();
  const session = world.session();
  world.coordinator.openings.push({ kind: "opened", session });
  world.duty.proving = held().promise;
  const transition = init(world, fresh);
  await world.scheduler.advance(5000);
  expect(await transition).toMatchObject({
    to: { kind: "Failover", failure: { code: "duty-failed" }, holdings: { session } },
  });
});

test("init: stops on a signal at once although the disk hangs", async () => {
  const world = new FakeWorld();
  world.coordinator.openings.push({ kind: "opened", session: world.session() });
  world.duty.proving = held().promise;
  const transition = init(world, fresh);
  await settle();
  world.askToStop();
  expect((await transition).to.kind).toBe("Stopping");
  expect(world.scheduler.sleeping).toBe(0);
});

test("init: with a grant that does for no duty it says so, and never stands", async () => {
  const world = new FakeWorld();
  const session = world.session();
  world.coordinator.openings.push({ kind: "opened", session });
  world.dutyProblem = diskFull;
  const transition = await init(world, fresh);
  expect(transition).toMatchObject({
    to: { kind: "Failover", failure: diskFull, holdings: { session } },
    reason: "duty-failed",
  });
});
