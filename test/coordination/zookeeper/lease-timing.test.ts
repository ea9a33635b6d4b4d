import { expect, test } from "bun:test";
import { actingMs } from "../../../src/election/lease.ts";
import {
  leaseTimingOf,
  patienceOf,
  waitingOutMs,
} from "../../../src/coordination/zookeeper/lease-timing.ts";

test.each([
  { sessionTimeoutMs: 10_000, lease: 6666, renewal: 2500, waiting: 6866 },
  { sessionTimeoutMs: 1000, lease: 666, renewal: 250, waiting: 686 },
])("lease timing: of a session of $sessionTimeoutMs ms lasts $lease ms", (row) => {
  const { leaseMs, renewalMs } = leaseTimingOf(row.sessionTimeoutMs);
  expect([leaseMs, renewalMs]).toEqual([row.lease, row.renewal]);
  expect(waitingOutMs(row.lease)).toBe(row.waiting);
});

test("lease timing: a taker's clock that is 1 % fast outwaits a holder's that is 1 % slow", () => {
  for (let leaseMs = 1; leaseMs < 100_000; leaseMs += 7) {
    const holderStops = leaseMs / 0.99;
    const takerStarts = waitingOutMs(leaseMs) / 1.01;
    expect(takerStarts).toBeGreaterThan(holderStops);
  }
});

test("lease timing: without a raw clock a holder acts shorter, and a taker waits longer, than any slew", () => {
  for (let leaseMs = 10; leaseMs < 100_000; leaseMs += 7) {
    const holderStops = actingMs(leaseMs, 0.1) / (0.9 * 0.99);
    const takerStarts = waitingOutMs(leaseMs, 0.1) / (1.1 * 1.01);
    expect(takerStarts).toBeGreaterThan(holderStops);
    expect(takerStarts).toBeGreaterThan(leaseMs / 0.99);
  }
});

test.each([100, 1_000, 4_000, 10_000, 60_000])(
  "lease timing: a session of %d ms leaves a margin within its lease",
  (sessionTimeoutMs) => {
    const { killMarginMs, leaseMs } = leaseTimingOf(sessionTimeoutMs);
    expect(killMarginMs).toBeGreaterThanOrEqual(100);
    expect(killMarginMs).toBeLessThanOrEqual(500);
    if (sessionTimeoutMs >= 1_000) expect(killMarginMs).toBeLessThan(leaseMs);
  },
);

test("lease timing: patience grows with what is granted, and waits a second at least", () => {
  expect(patienceOf(1_000)).toEqual({
    answersMs: 3_000,
    attemptMs: 5_000,
    expiryMs: 1_000,
    countsOpenings: true,
  });
  expect(patienceOf(100, 4_000)).toMatchObject({ answersMs: 12_000, expiryMs: 1_000 });
});
