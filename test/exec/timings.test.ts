import { expect, test } from "bun:test";
import { leaseDurationMs } from "../../src/election/lease.ts";
import { killMarginMs, timingProblem } from "../../src/exec/timings.ts";

function problem(sessionTimeoutMs: number, execStopTimeoutMs: number): string | undefined {
  return timingProblem({ sessionTimeoutMs, execStopTimeoutMs, stopTimeoutMs: 8_000 });
}

test("exec timings: the defaults fit, and what does not fit is told with the arithmetic", () => {
  expect(problem(10_000, 2_000)).toBeUndefined();
  expect(problem(4_000, 2_000)).toBe(
    '--exec-stop-timeout "2000ms": expected at most 1066ms with a session timeout of 4000ms: ' +
      "a lease of 2666ms, less 1000ms until it is renewed, 400ms for the answer and 200ms to " +
      "die; or a longer --session-timeout",
  );
  expect(problem(4_000, 1_066)).toBeUndefined();
  expect(problem(4_000, 1_067)).toBeDefined();
  expect(problem(100, 1)).toContain("expected at most 0ms");
  expect(problem(60_000, 7_500)).toBe(
    '--exec-stop-timeout "7500ms": expected less than 7500ms, so that it fits into --stop-timeout',
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
