import { expect, test } from "bun:test";
import { closeSync, fstatSync, openSync } from "node:fs";
import { isJournal, serviceNotificationOf } from "../../src/system/service-notification.ts";

const ownPid = 4242;

test.each([
  [{}, undefined],
  [{ WATCHDOG_USEC: "10000000" }, 10_000],
  [{ WATCHDOG_USEC: "1500" }, 1.5],
  [{ WATCHDOG_USEC: "10000000", WATCHDOG_PID: String(ownPid) }, 10_000],
  [{ WATCHDOG_USEC: "10000000", WATCHDOG_PID: "1" }, undefined],
  [{ WATCHDOG_USEC: "0" }, undefined],
  [{ WATCHDOG_USEC: "-5" }, undefined],
  [{ WATCHDOG_USEC: "10s" }, undefined],
  [{ WATCHDOG_USEC: "" }, undefined],
] as const)("service notification: %p gives a watchdog of %p ms", (environment, watchdogMs) => {
  expect(serviceNotificationOf(environment, ownPid).watchdogMs).toBe(watchdogMs);
});

test("service notification: no socket is as good as an empty one", () => {
  expect(serviceNotificationOf({}, ownPid).notifySocket).toBeUndefined();
  expect(serviceNotificationOf({ NOTIFY_SOCKET: "" }, ownPid).notifySocket).toBeUndefined();
  expect(serviceNotificationOf({ NOTIFY_SOCKET: "@a" }, ownPid).notifySocket).toBe("@a");
});

test("service notification: a descriptor is the journal's when device and inode say so, not else", () => {
  const descriptor = openSync("/dev/null", "r");
  const { dev, ino } = fstatSync(descriptor);
  expect(isJournal({ JOURNAL_STREAM: `${dev}:${ino}` }, descriptor)).toBe(true);
  expect(isJournal({ JOURNAL_STREAM: `${dev}:${ino + 1}` }, descriptor)).toBe(false);
  expect(isJournal({ JOURNAL_STREAM: "" }, descriptor)).toBe(false);
  expect(isJournal({}, descriptor)).toBe(false);
  closeSync(descriptor);
  expect(isJournal({ JOURNAL_STREAM: `${dev}:${ino}` }, descriptor)).toBe(false);
});
