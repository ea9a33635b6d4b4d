import { expect, test } from "bun:test";
import { failoverBound } from "../../src/election/failover-bound.ts";

test("failover bound: a hand-over is two commits", () => {
  const bound = failoverBound({ sessionTimeoutMs: 10_000, tickMs: 2000, commitMs: 4.2 });
  expect(bound.gracefulMs).toBe(9);
});

test("failover bound: a crash is the session, a bucket of a tick and half a tick of a follower", () => {
  const conditions = { sessionTimeoutMs: 10_000, tickMs: 2000, commitMs: 5 };
  expect(failoverBound(conditions)).toMatchObject({
    crashMs: 10_000 + 2000 + 1000 + 10,
    crashUnseenMs: 13_010 + Math.ceil(6666 * 1.03),
    tickMs: 2000,
  });
});

test("failover bound: an unknown tick is taken for the longest that such a session allows", () => {
  const bound = failoverBound({ sessionTimeoutMs: 4000, tickMs: undefined, commitMs: 0 });
  expect(bound).toMatchObject({ tickMs: 2000, crashMs: 7000 });
});

test("failover bound: no crash is over before the lease of the dead one is", () => {
  const { crashMs } = failoverBound({ sessionTimeoutMs: 1000, tickMs: 1, commitMs: 0 });
  expect(crashMs).toBeGreaterThan(687);
});
