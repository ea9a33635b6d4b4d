import { expect, test } from "bun:test";
import { leaseTimingOf } from "../../src/coordination/zookeeper/lease-timing.ts";
import {
  dutyBeginMs,
  dutyEndMs,
  leaseProblem,
  stopLimits,
  stopProblem,
  stopTimeoutCut,
  timingProblem,
} from "../../src/exec/timings.ts";

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

const command = { command: true, onElected: false, onLost: false };
const onLost = { ...command, command: false, onLost: true };
const stopTimeout = { execStopTimeoutMs: 2_000 };

test("exec timings: a grant that leaves less than the stop timeout cuts it, with the arithmetic", () => {
  const granted = leaseTimingOf(4_000);
  expect(stopLimits(stopTimeout, granted, true)).toEqual({
    stopTimeoutMs: 1_066,
    killMarginMs: 200,
  });
  expect(stopTimeoutCut(stopTimeout, granted, command)).toBe(
    "a command gets 1.066s to end, for a session timeout of 4s is granted: a lease of 2.666s, " +
      "less 1s until it is renewed, 400ms for the answer and 200ms to die; let the servers grant " +
      "a longer one for more",
  );
  expect(stopTimeoutCut(stopTimeout, leaseTimingOf(10_000), command)).toBeUndefined();
  const timings = { ...stopTimeout, hookTimeoutMs: 3_000 };
  expect(dutyEndMs(timings, granted, command)).toBe(1_266);
  expect(dutyBeginMs(timings, granted, { ...command, onElected: true })).toBe(4_266);
});

test("exec timings: whatever is granted, a command that is left any time ends before its lease", () => {
  for (let grantedMs = 100; grantedMs <= 60_000; grantedMs += 7) {
    const timing = leaseTimingOf(grantedMs);
    const { leaseMs, renewalMs, answerMs } = timing;
    const { stopTimeoutMs, killMarginMs } = stopLimits(stopTimeout, timing, true);
    const isFit = leaseProblem(timing, command) === undefined;
    expect(stopTimeoutMs > 0).toBe(isFit);
    if (!isFit) continue;
    expect(stopTimeoutMs + killMarginMs).toBeLessThanOrEqual(leaseMs - renewalMs - answerMs);
  }
});

test("exec timings: no lease bounds on-lost, so a short one does not cut its time either", () => {
  const granted = leaseTimingOf(300);
  expect(stopLimits(stopTimeout, granted, false).stopTimeoutMs).toBe(2_000);
  expect(stopTimeoutCut(stopTimeout, granted, onLost)).toBeUndefined();
  expect(leaseProblem(granted, onLost)).toBeUndefined();
  expect(dutyEndMs({ ...stopTimeout, hookTimeoutMs: 3_000 }, granted, onLost)).toBe(5_100);
});

test("exec timings: a grant that leaves a command no time is a problem, with arithmetic and cure", () => {
  expect(leaseProblem(leaseTimingOf(300), command)).toBe(
    "a session timeout of 300ms is granted, which leaves a command no time to end: a lease of " +
      "200ms, less 75ms until it is renewed, 30ms for the answer and 100ms to die; let the " +
      "servers grant a longer one",
  );
});
