import { expect, test } from "bun:test";
import {
  hostTimeMs,
  hostTimeOf,
  later,
  longestSlewShare,
  nextTimerMs,
  uptimeOf,
  wasSuspended,
} from "../../src/base/scheduler.ts";
import { FakeScheduler } from "../fake/scheduler.ts";

test("scheduler: host time goes on in a suspend, and names the end of a lease as the lease does", async () => {
  const scheduler = new FakeScheduler();
  await scheduler.advance(1_000);
  scheduler.suspend(500);
  expect(hostTimeMs(scheduler)).toBe(1_500);
  expect(hostTimeOf(scheduler, later(scheduler.now(), 200))).toBe(1_700);
});

test.each([
  ["unchanged", 70, false],
  ["a little longer", 110, false],
  ["longer", 130, true],
  ["shorter, which cannot be", 10, true],
  ["no number", Number.NaN, true],
  ["without end", Number.POSITIVE_INFINITY, true],
] as const)("scheduler: a suspended time that is %s", (_, now, expected) => {
  const scheduler = new FakeScheduler();
  scheduler.suspend(now);
  expect(wasSuspended(scheduler, 70)).toBe(expected);
});

test("scheduler: an uptime that is named is reached in time, however the clock is slewed", () => {
  for (const share of [-longestSlewShare, -0.05, 0, 0.05, longestSlewShare]) {
    const scheduler = new FakeScheduler();
    const until = later(scheduler.now(), 6_000);
    const named = uptimeOf(scheduler, until);
    scheduler.stall(6_000);
    scheduler.slewedMs = 6_000 * share;
    expect(named).toBeLessThanOrEqual(scheduler.uptimeMs());
  }
});

test("scheduler: a wait is late by a tenth of a second at most, however the timers are slewed", () => {
  for (const share of [-longestSlewShare, 0, longestSlewShare]) {
    for (const waitMs of [0, 1, 100, 501, 3_000, 60_000, 86_400_000]) {
      let leftMs = waitMs;
      let timers = 0;
      while (leftMs > 1e-6) {
        // A timer of a slow clock takes longer than it says.
        leftMs -= nextTimerMs(leftMs) / (1 + share);
        timers += 1;
      }
      expect(-leftMs).toBeLessThan(100);
      expect(timers).toBeLessThan(20);
    }
  }
});
