import { expect, test } from "bun:test";
import {
  failoverBounds,
  longestExpiryLagMs,
  type ZooKeeperFailoverSettings,
} from "../../../src/coordination/zookeeper/failover-bounds.ts";

const settings: ZooKeeperFailoverSettings = {
  sessionTimeoutMs: 10_000,
  expiryLagMs: 7_500,
  attempterTimeoutMs: 3_000,
  dutyEndMs: 0,
  stopTimeoutMs: 8_000,
};

function msOf(changes: Partial<ZooKeeperFailoverSettings>): Readonly<Record<string, number>> {
  const bounds = failoverBounds({ ...settings, ...changes });
  return Object.fromEntries(bounds.map(({ kind, ms }) => [kind, ms]));
}

test("failover bound: of the defaults, with the lease of 6666 ms waited out where need be", () => {
  expect(msOf({})).toEqual({
    "hand-over": 0,
    crash: 17_500,
    // 1.03 x 6666 = 6865.98
    "crash-unseen": 24_366,
    "crash-without-line": 27_366,
  });
});

test("failover bound: a session that ends before the lease could leaves its rest to wait", () => {
  // It cannot with a lease of 2/3: only a lag below zero would show the term at all.
  const [, crash] = failoverBounds({ ...settings, expiryLagMs: -5_000 });
  expect(crash?.terms.at(-1)).toEqual({ what: "rest of the old lease", ms: 1_866 });
});

test("failover bound: a duty that takes time to end delays the hand-over, not the crash", () => {
  const before = msOf({});
  expect(msOf({ dutyEndMs: 2_500 })).toEqual({ ...before, "hand-over": 2_500 });
  // What exceeds stop-timeout is a crash instead.
  expect(msOf({ dutyEndMs: 20_000 })["hand-over"]).toBe(8_000);
});

test("failover bound: every bound is the sum of its terms, and none is shorter than the last", () => {
  const bounds = failoverBounds({ ...settings, dutyEndMs: 100 });
  for (const { ms, terms } of bounds) {
    expect(terms.reduce((sum, term) => sum + term.ms, 0)).toBe(ms);
    expect(terms.every((term) => term.ms > 0)).toBe(true);
  }
  const sums = bounds.map(({ ms }) => ms);
  expect(sums).toEqual(sums.toSorted((one, other) => one - other));
  expect(bounds.map(({ commits }) => commits)).toEqual([2, 1, 1, 1]);
});

test("failover bound: a session ends 1.5 ticks late at most, and a tick is half of it at most", () => {
  expect(longestExpiryLagMs(10_000)).toBe(7_500);
  expect(longestExpiryLagMs(10_000, 2_000)).toBe(3_000);
  expect(longestExpiryLagMs(3_001)).toBe(2_251);
});
