import { expect, test } from "bun:test";
import { leaseTimingOf } from "../../src/coordination/zookeeper/lease-timing.ts";
import { dutyBeginMs, dutyEndMs, stopProblem, timingProblem } from "../../src/exec/timings.ts";

function problem(sessionTimeoutMs: number, execStopTimeoutMs: number): string | undefined {
  const timings = { execStopTimeoutMs, stopTimeoutMs: 8_000 };
  return timingProblem(timings, leaseTimingOf(sessionTimeoutMs));
}

test("exec timings: the defaults fit, and what does not fit is told with the arithmetic", () => {
  expect(problem(10_000, 2_000)).toBeUndefined();
  expect(problem(4_000, 2_000)).toBe(
    "expected at most 1.066s with a session timeout of 4s: a lease of 2.666s, less 1s until it " +
      "is renewed, 400ms for the answer and 200ms to die; or a longer --session-timeout",
  );
  expect(problem(4_000, 1_066)).toBeUndefined();
  expect(problem(4_000, 1_067)).toBeDefined();
  expect(problem(100, 1)).toContain("expected at most 0ms");
  expect(problem(60_000, 7_500)).toBe(
    "expected less than 7.5s, so that it fits into --stop-timeout",
  );
});

test("exec timings: on-lost fits into the stop timeout by default, and what does not is told", () => {
  const defaults = {
    execStopTimeoutMs: 2_000,
    hookTimeoutMs: 3_000,
    stopTimeoutMs: 8_000,
  };
  const timing = leaseTimingOf(10_000);
  const lost = { command: false, onElected: false, onLost: true };
  const both = { ...lost, command: true };
  expect(stopProblem(defaults, timing, lost)).toBeUndefined();
  expect(stopProblem(defaults, timing, both)).toBeUndefined();
  const short = { ...defaults, stopTimeoutMs: 1_000 };
  expect(stopProblem(short, timing, { ...both, onLost: false })).toBeUndefined();
  expect(stopProblem(short, timing, lost)).toBe(
    "too short for --on-lost, so a stop may exit with 70: expected at least 5.5s, " +
      "3s of --hook-timeout and 2.5s to end it",
  );
  expect(stopProblem({ ...defaults, hookTimeoutMs: 3_001 }, timing, both)).toBe(
    "too short for --on-lost, so a stop may exit with 70: expected at least 8.001s, " +
      "2.5s to end a command, 3.001s of --hook-timeout and 2.5s to end it",
  );
});

test("exec timings: a duty ends when whatever has to be stopped has, hooks included", () => {
  const timings = { execStopTimeoutMs: 2_000, hookTimeoutMs: 3_000 };
  const none = { command: false, onElected: false, onLost: false };
  const endMs = (command: boolean, onLost: boolean, onElected = false): number =>
    dutyEndMs(timings, leaseTimingOf(10_000), { command, onElected, onLost });
  expect(endMs(false, false)).toBe(0);
  expect(endMs(true, false)).toBe(2_500);
  // One that heeds no signal is stopped as a command is, after its own time.
  expect(endMs(false, true)).toBe(5_500);
  expect(endMs(true, true)).toBe(8_000);
  // Of the two that the lease bounds only one runs at a time.
  expect(endMs(true, false, true)).toBe(2_500);
  expect(endMs(false, false, true)).toBe(2_500);
  expect(dutyBeginMs(timings, leaseTimingOf(10_000), none)).toBe(0);
  expect(dutyBeginMs(timings, leaseTimingOf(10_000), { ...none, onElected: true })).toBe(5_500);
});
