import { expect, test } from "bun:test";
import { leaseDurationMs } from "../../src/election/lease.ts";
import { killMarginMs, timingProblem } from "../../src/exec/timings.ts";

test("exec timings: the defaults fit, and what does not fit is told with the arithmetic", () => {
  expect(timingProblem(10_000, 2_000)).toBeUndefined();
  expect(timingProblem(4_000, 2_000)).toBe(
    "expected at most 1066ms with a session timeout of 4000ms: a lease of 2666ms, " +
      "less 1000ms until it is renewed, 400ms for the answer and 200ms to die; " +
      "or a longer --session-timeout",
  );
  expect(timingProblem(4_000, 1_066)).toBeUndefined();
  expect(timingProblem(4_000, 1_067)).toBeDefined();
  expect(timingProblem(100, 1)).toBe(
    "expected at most 0ms with a session timeout of 100ms: a lease of 66ms, " +
      "less 25ms until it is renewed, 10ms for the answer and 100ms to die; " +
      "or a longer --session-timeout",
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
