import { expect, test } from "bun:test";
import { Lease } from "../../src/election/lease.ts";
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

test("lease: a shorter session timeout shortens it from the next renewal on", async () => {
  const scheduler = new FakeScheduler();
  const lease = leaseOf(scheduler);
  await scheduler.advance(1000);
  expect(lease.renew(scheduler.now(), 3000)).toBe(true);
  await scheduler.advance(3000);
  expect(lease.holds()).toBe(false);
});
