import { expect, test } from "bun:test";
import { leaseDurationMs } from "../../src/election/lease.ts";
import { formatDuration } from "../../src/options/duration.ts";
import { killMarginMs, stopProblem, timingProblem } from "../../src/exec/timings.ts";

function problem(sessionTimeoutMs: number, execStopTimeoutMs: number): string | undefined {
  const timings = { sessionTimeoutMs, execStopTimeoutMs, stopTimeoutMs: 8_000 };
  return timingProblem(timings, formatDuration);
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
    sessionTimeoutMs: 10_000,
    execStopTimeoutMs: 2_000,
    hookTimeoutMs: 3_000,
    stopTimeoutMs: 8_000,
  };
  const lost = { underLease: false, onLost: true };
  const both = { underLease: true, onLost: true };
  expect(stopProblem(defaults, lost, formatDuration)).toBeUndefined();
  expect(stopProblem(defaults, both, formatDuration)).toBeUndefined();
  const short = { ...defaults, stopTimeoutMs: 1_000 };
  expect(stopProblem(short, { ...both, onLost: false }, formatDuration)).toBeUndefined();
  expect(stopProblem(short, lost, formatDuration)).toBe(
    "too short for --on-lost, so a stop may exit with 70: expected at least 5.5s, " +
      "3s of --hook-timeout and 2.5s to end it",
  );
  expect(stopProblem({ ...defaults, hookTimeoutMs: 3_001 }, both, formatDuration)).toBe(
    "too short for --on-lost, so a stop may exit with 70: expected at least 8.001s, " +
      "2.5s to end a command, 3.001s of --hook-timeout and 2.5s to end it",
  );
});

test.each([100, 1_000, 4_000, 10_000, 60_000])(
  "exec timings: a session of %d ms leaves a margin within its lease",
  (sessionTimeoutMs) => {
    const margin = killMarginMs(sessionTimeoutMs);
    expect(margin).toBeGreaterThanOrEqual(100);
    expect(margin).toBeLessThanOrEqual(500);
    if (sessionTimeoutMs >= 1_000) expect(margin).toBeLessThan(leaseDurationMs(sessionTimeoutMs));
  },
);
