import { expect, test } from "bun:test";
import {
  actingMs,
  Lease,
  leaseDurationMs,
  renewalIntervalMs,
  waitingOutMs,
} from "../../src/election/lease.ts";
import { later } from "../../src/base/scheduler.ts";
import { FakeScheduler } from "../fake/scheduler.ts";

const durationMs = 6000;

function leaseOf(scheduler: FakeScheduler): Lease {
  return new Lease(scheduler, scheduler.now(), scheduler.suspendedMs(), durationMs);
}

test("lease: holds until exactly its duration after the send time", async () => {
  const scheduler = new FakeScheduler();
  const lease = leaseOf(scheduler);
  await scheduler.advance(5999);
  expect(lease.holds()).toBe(true);
  await scheduler.advance(1);
  expect(lease.holds()).toBe(false);
});

test("lease: a renewal counts from when it was sent, not from when it was acknowledged", async () => {
  const scheduler = new FakeScheduler();
  const lease = leaseOf(scheduler);
  await scheduler.advance(2000);
  const sentAt = scheduler.now();
  await scheduler.advance(1500);
  expect(lease.renew(sentAt, durationMs)).toBe(true);
  expect(lease.validUntil).toBe(later(sentAt, durationMs));
});

test("lease: no late acknowledgement revives it", async () => {
  const scheduler = new FakeScheduler();
  const lease = leaseOf(scheduler);
  await scheduler.advance(5000);
  const sentAt = scheduler.now();
  await scheduler.advance(1000);
  expect(lease.renew(sentAt, durationMs)).toBe(false);
  expect(lease.holds()).toBe(false);
});

test("lease: is over at use after a stall, though no timer ran", () => {
  const scheduler = new FakeScheduler();
  const lease = leaseOf(scheduler);
  scheduler.stall(6000);
  expect(lease.holds()).toBe(false);
});

test("lease: is over after a suspend, though monotonic time stood still", () => {
  const scheduler = new FakeScheduler();
  const lease = leaseOf(scheduler);
  scheduler.suspend(40);
  expect(lease.holds()).toBe(true);
  scheduler.suspend(20);
  expect(lease.holds()).toBe(false);
  expect(lease.renew(scheduler.now(), durationMs)).toBe(false);
});

test("lease: is over when the boot clock cannot be read, is no number, or goes backwards", () => {
  for (const suspendedMs of [Number.NaN, Number.POSITIVE_INFINITY, -100]) {
    const scheduler = new FakeScheduler();
    const lease = leaseOf(scheduler);
    scheduler.suspend(suspendedMs);
    expect(lease.holds()).toBe(false);
  }
});

test("lease: is over when time is no number", () => {
  const scheduler = new FakeScheduler();
  const lease = leaseOf(scheduler);
  scheduler.stall(Number.NaN);
  expect(lease.holds()).toBe(false);
});

test("lease: without a raw clock a holder acts shorter, and a taker waits longer, than any slew", () => {
  for (let leaseMs = 10; leaseMs < 100_000; leaseMs += 7) {
    const holderStops = actingMs(leaseMs, 0.1) / (0.9 * 0.99);
    const takerStarts = waitingOutMs(leaseMs, 0.1) / (1.1 * 1.01);
    expect(takerStarts).toBeGreaterThan(holderStops);
    expect(takerStarts).toBeGreaterThan(leaseMs / 0.99);
  }
});

test("lease: a shorter session timeout shortens it from the next renewal on", async () => {
  const scheduler = new FakeScheduler();
  const lease = leaseOf(scheduler);
  await scheduler.advance(1000);
  expect(lease.renew(scheduler.now(), 3000)).toBe(true);
  await scheduler.advance(3000);
  expect(lease.holds()).toBe(false);
});

test.each([
  { sessionTimeoutMs: 10_000, lease: 6666, renewal: 2500, waiting: 6866 },
  { sessionTimeoutMs: 1000, lease: 666, renewal: 250, waiting: 686 },
])("lease: of a session of $sessionTimeoutMs ms lasts $lease ms", (row) => {
  expect(leaseDurationMs(row.sessionTimeoutMs)).toBe(row.lease);
  expect(renewalIntervalMs(row.sessionTimeoutMs)).toBe(row.renewal);
  expect(waitingOutMs(row.lease)).toBe(row.waiting);
});

test("lease: a taker's clock that is 1 % fast outwaits a holder's that is 1 % slow", () => {
  for (let leaseMs = 1; leaseMs < 100_000; leaseMs += 7) {
    const holderStops = leaseMs / 0.99;
    const takerStarts = waitingOutMs(leaseMs) / 1.01;
    expect(takerStarts).toBeGreaterThan(holderStops);
  }
});
