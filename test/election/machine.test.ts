import { expect, test } from "bun:test";
import { run } from "../../src/election/machine.ts";
import type { Transition } from "../../src/election/state.ts";
import { type StateName, stateNames, transitions } from "../../src/election/transitions.ts";
import { diskFull, FakeWorld, led, leaseEnded, sessionLost } from "../fake/election.ts";
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
  expect(await status).toEqual({ code: 69, reason: "session-lost: expired" });
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
  expect(await status).toEqual({ code: 69, reason: "duty-failed: disk full" });
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
