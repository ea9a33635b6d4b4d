import { expect, test } from "bun:test";
import { stopping } from "../../../src/election/states/stopping.ts";
import { settle } from "../../fake/scheduler.ts";
import { FakeWorld, held, unreachable } from "../../fake/election.ts";

const bySignal = { kind: "signal", detail: "asked to stop" } as const;

test("stopping: ends the effect, gives leadership up, closes the session, and exits with 0", async () => {
  const world = new FakeWorld();
  const effect = held();
  const ended = effect.promise.then(() => {
    world.journal.push("effect ended");
    return { kind: "stopped" } as const;
  });
  const holdings = { session: world.session(), tenure: { leadership: world.leadership(), ended } };
  const status = stopping(world, { kind: "Stopping", cause: bySignal, holdings });
  await world.scheduler.advance(7999);
  expect(world.journal).toEqual([]);
  effect.release();
  expect(await status).toEqual({
    code: 0,
    clean: true,
    reason: "asked to stop; leadership was given up",
  });
  expect(world.journal).toEqual(["effect ended", "resign", "close"]);
  expect(world.scheduler.sleeping).toBe(0);
});

test("stopping: with an effect still running gives nothing up, and exits with 70", async () => {
  const world = new FakeWorld();
  const effect = held();
  const ended = effect.promise.then(() => ({ kind: "stopped" }) as const);
  const holdings = { session: world.session(), tenure: { leadership: world.leadership(), ended } };
  const status = stopping(world, { kind: "Stopping", cause: bySignal, holdings });
  await world.scheduler.advance(8000);
  expect(await status).toEqual({
    code: 70,
    clean: false,
    reason: "stop-timeout passed: an effect of epoch 7 is still running",
  });
  expect(world.journal).toEqual(["abandon"]);
  effect.release();
});

test("stopping: goes on with the session when the resignation hangs, in bounded time", async () => {
  const world = new FakeWorld();
  const session = world.session();
  const status = stopping(world, {
    kind: "Stopping",
    cause: bySignal,
    holdings: { session, tenure: undefined },
  });
  await settle();
  expect((await status).code).toBe(0);
  expect(world.journal).toEqual(["close"]);
});

test("stopping: after exhausted repairs exits with 69 and the last failure", async () => {
  const world = new FakeWorld();
  const status = await stopping(world, {
    kind: "Stopping",
    cause: { kind: "exhausted", failure: unreachable },
    holdings: { session: undefined, tenure: undefined },
  });
  expect(status).toEqual({ code: 69, clean: true, reason: "unreachable: no server answered" });
});

test("stopping: says what a lost session holds still, and is not clean then", async () => {
  const world = new FakeWorld();
  world.coordinator.left = "the session of epoch 7 was not closed: it runs out by itself";
  const status = await stopping(world, {
    kind: "Stopping",
    cause: bySignal,
    holdings: { session: undefined, tenure: undefined },
  });
  expect(status).toEqual({
    code: 0,
    clean: false,
    reason: `asked to stop; no leadership was held; ${world.coordinator.left}`,
  });
});
