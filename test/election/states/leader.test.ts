import { expect, test } from "bun:test";
import { leader } from "../../../src/election/states/leader.ts";
import { stopping } from "../../../src/election/states/stopping.ts";
import type { StateOf } from "../../../src/election/state.ts";
import { settle } from "../../fake/scheduler.ts";
import {
  diskFull,
  FakeWorld,
  type FakeLeadership,
  type FakeSession,
  held,
  leaseEnded,
  sessionLost,
} from "../../fake/election.ts";

interface Leading {
  readonly world: FakeWorld;
  readonly session: FakeSession;
  readonly leadership: FakeLeadership;
  readonly state: StateOf<"Leader">;
}

function leading(): Leading {
  const world = new FakeWorld();
  const session = world.session();
  const leadership = world.leadership();
  return { world, session, leadership, state: { kind: "Leader", session, leadership } };
}

test("leader: does the duty of its epoch as long as nothing ends it", async () => {
  const { world, leadership, state } = leading();
  const transition = leader(world, state);
  await world.scheduler.advance(100_000);
  expect(world.journal).toEqual(["lead"]);
  expect(world.duty.mandate?.epoch).toBe(leadership.epoch);
  expect(world.duty.mandate?.mayAct()).toBe(true);
  leadership.valid = false;
  expect(world.duty.mandate?.mayAct()).toBe(false);
  world.askToStop();
  await transition;
});

test("leader: goes to Failover when the lease ended, with the effect to end", async () => {
  const { world, session, leadership, state } = leading();
  const effect = held();
  world.duty.effect = effect.promise;
  const transition = leader(world, state);
  await settle();
  leadership.lose(leaseEnded);
  const { to, reason } = await transition;
  expect(reason).toBe("lease-ended");
  expect(to).toMatchObject({ kind: "Failover", failure: leaseEnded, holdings: { session } });
  expect(world.journal).toEqual(["lead"]);
  effect.release();
});

test("leader: goes to Failover when the session was lost", async () => {
  const { world, session, state } = leading();
  const transition = leader(world, state);
  await settle();
  session.lost.end(sessionLost);
  expect(await transition).toMatchObject({ to: { kind: "Failover" }, reason: "session-lost" });
});

test("leader: goes to Failover when its duty failed", async () => {
  const { world, leadership, state } = leading();
  const transition = leader(world, state);
  await settle();
  world.duty.fail(diskFull);
  const { to } = await transition;
  expect(to).toMatchObject({ kind: "Failover", failure: diskFull });
  if (to.kind !== "Failover") throw new Error("unexpected");
  expect(to.holdings.tenure?.leadership).toBe(leadership);
});

test("leader: stops on a signal without waiting for the effect, which Stopping ends", async () => {
  const { world, leadership, state } = leading();
  const effect = held();
  world.duty.effect = effect.promise;
  const transition = leader(world, state);
  await settle();
  world.askToStop();
  const { to, reason, detail } = await transition;
  expect([reason, detail]).toEqual(["signal", "asked to stop"]);
  if (to.kind !== "Stopping") throw new Error("unexpected");
  expect(to.holdings.tenure?.leadership).toBe(leadership);
  expect(world.journal).not.toContain("resign");
  effect.release();
});

test("leader: says why it stops where no signal asked for it", async () => {
  const { world, state } = leading();
  const transition = leader(world, state);
  await settle();
  world.askToStop("the command is done");
  const { to, detail } = await transition;
  expect(detail).toBe("the command is done");
  if (to.kind !== "Stopping") throw new Error("unexpected");
  expect((await stopping(world, to)).reason).toStartWith("the command is done; ");
});

test("leader: steps down only after the effect ended, and keeps its session", async () => {
  const { world, session, state } = leading();
  const effect = held();
  world.duty.effect = effect.promise;
  const transition = leader(world, state);
  await settle();
  expect(world.stepDown.request()).toBe(true);
  await settle();
  expect(world.journal).toEqual(["lead"]);
  effect.release();
  expect(await transition).toMatchObject({
    to: { kind: "Attempter", session },
    reason: "step-down",
  });
  expect(world.journal).toEqual(["lead", "duty ended", "resign"]);
});

test("leader: goes to Failover when the reply to the step-down was lost", async () => {
  const { world, leadership, state } = leading();
  leadership.resignation = { kind: "unknown", detail: "no reply" };
  const transition = leader(world, state);
  await settle();
  world.stepDown.request();
  expect(await transition).toMatchObject({
    to: { kind: "Failover", failure: { code: "leadership-lost", detail: "no reply" } },
  });
});

test.each([
  { name: "a signal", to: "Stopping" },
  { name: "the end of the lease", to: "Failover" },
])("leader: $name during a step-down whose effect hangs goes to $to", async ({ name, to }) => {
  const { world, leadership, state } = leading();
  const effect = held();
  world.duty.effect = effect.promise;
  const transition = leader(world, state);
  await settle();
  world.stepDown.request();
  await settle();
  if (name === "a signal") world.askToStop();
  else leadership.lose(leaseEnded);
  expect((await transition).to.kind).toBe(to as "Stopping");
  expect(world.journal).not.toContain("resign");
  effect.release();
});

test("leader: hears no request to step down once it has left", async () => {
  const { world, state } = leading();
  const transition = leader(world, state);
  await settle();
  world.askToStop();
  await transition;
  expect(world.stepDown.request()).toBe(false);
});

test("leader: a completed effect gives the duty's repair attempts back", async () => {
  const { world, state } = leading();
  world.budget.spend("duty");
  const transition = leader(world, state);
  await settle();
  world.duty.mandate?.worked();
  expect(world.budget.spent("duty")).toBe(0);
  world.askToStop();
  await transition;
});

test("leader: goes to Stopping at once when the stop was asked for before", async () => {
  const { world, state } = leading();
  world.askToStop();
  expect((await leader(world, state)).to.kind).toBe("Stopping");
});

test("leader: leaves leadership to others when an effect hangs, while it still runs", async () => {
  const { world, leadership, state } = leading();
  const effect = held();
  world.duty.effect = effect.promise;
  const transition = leader(world, state);
  await settle();
  world.duty.mandate?.hangs(diskFull);
  const { to, reason } = await transition;
  expect(reason).toBe("duty-failed");
  if (to.kind !== "Failover") throw new Error("unexpected");
  expect(to.holdings.tenure?.leadership).toBe(leadership);
  expect(world.journal).toEqual(["lead"]);
  effect.release();
});

test("leader: a signal during the step-down's resignation does not cut it off", async () => {
  const { world, session, leadership, state } = leading();
  const reply = held();
  leadership.resigning = reply.promise;
  const transition = leader(world, state);
  await settle();
  world.stepDown.request();
  await settle();
  world.askToStop();
  await settle();
  reply.release();
  expect(await transition).toMatchObject({
    to: { kind: "Stopping", holdings: { session } },
    reason: "signal",
  });
  expect(leadership.mayAct()).toBe(false);
});

test.each([
  { name: "was given up", resignation: { kind: "resigned" } },
  { name: "may have been", resignation: { kind: "unknown", detail: "no reply" } },
] as const)(
  "leader: the rest that a step-down asks for begins when leadership $name",
  async ({ resignation }) => {
    const { world, leadership, state } = leading();
    leadership.resignation = resignation;
    const effect = held();
    world.duty.effect = effect.promise;
    const transition = leader(world, state);
    await settle();
    world.stepDown.request(5000);
    world.stepDown.request();
    await world.scheduler.advance(2000);
    expect(world.stepDown.standsAgainAt).toBeUndefined();
    effect.release();
    await transition;
    expect(world.stepDown.standsAgainAt).toBe(7000 as never);
  },
);

test("leader: a step-down without a rest asks for none, nor does any other end", async () => {
  const { world, session, state } = leading();
  const transition = leader(world, state);
  await settle();
  world.stepDown.request();
  await transition;
  const again = leader(world, { kind: "Leader", session, leadership: world.leadership() });
  await settle();
  session.lost.end(sessionLost);
  await again;
  expect(world.stepDown.standsAgainAt).toBeUndefined();
});
