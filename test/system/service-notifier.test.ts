import { expect, test } from "bun:test";
import type { Epoch } from "../../src/election/ports/coordinator.ts";
import { Progress } from "../../src/election/progress.ts";
import { ServiceNotifier } from "../../src/system/service-notifier.ts";
import { FakeScheduler, settle } from "../fake/scheduler.ts";
import { other, transition } from "../telemetry/fixture.ts";

const timings = {
  leaderTimeoutMs: 10_000,
  attempterTimeoutMs: 10_000,
  failoverTimeoutMs: 1_000,
  stopTimeoutMs: 8_000,
};
const patience = {
  answersMs: 30_000,
  attemptMs: 50_000,
  expiryMs: 10_000,
  countsOpenings: true,
};
/** After so much silence Init is stuck. */
const initLimitMs = 45_000;

interface World {
  readonly watchdogMs?: number;
  readonly send?: (message: string) => void;
}

function managed({ watchdogMs, send }: World = {}) {
  const scheduler = new FakeScheduler();
  const messages: string[][] = [];
  const troubles: string[] = [];
  let closed = 0;
  const notifier = new ServiceNotifier({
    scheduler,
    socket: {
      send: send ?? ((message) => messages.push(message.split("\n"))),
      [Symbol.dispose]: () => {
        closed += 1;
      },
    },
    watchdogMs,
    progress: new Progress(timings, { patience }, { writes: true, beginMs: 0, endMs: 0 }),
    timings,
    tell: (level, detail) => troubles.push(`${level}: ${detail}`),
  });
  const last = (): readonly string[] => messages.at(-1) ?? [];
  return { scheduler, notifier, messages, troubles, last, closed: () => closed };
}

const takesPart = transition("Init", "Attempter", "ready");

test("service manager: is told READY when the replica takes part, not before", () => {
  const { notifier, messages, last } = managed();
  notifier.observe(transition("Init", "Failover", "unreachable"));
  notifier.observe(transition("Failover", "Init", "repaired"));
  expect(messages.flat()).not.toContain("READY=1");
  notifier.observe(takesPart);
  expect(last()).toEqual(["READY=1", "STATUS=Attempter: because of ready"]);
});

test("service manager: hears the state and, of a leader, the epoch", () => {
  const { notifier, last } = managed();
  notifier.observe(takesPart);
  const elected = { ...transition("Attempter", "Leader", "elected"), epoch: 17n as Epoch };
  notifier.observe(elected);
  expect(last()).toContain("STATUS=Leader, epoch 17");
  notifier.observe(transition("Leader", "Failover", "lease-ended"));
  expect(last()).toContain("STATUS=Failover: because of lease-ended");
});

test("service manager: hears who leads when that changes, and only then", () => {
  const { notifier, messages, last } = managed();
  notifier.observe(takesPart);
  const led = { kind: "attempt", outcome: "led", leader: other, detail: undefined } as const;
  notifier.observe(led);
  expect(last()).toContain("STATUS=Attempter: other leads");
  const count = messages.length;
  notifier.observe(led);
  expect(messages.length).toBe(count);
});

test("service manager: is told STOPPING, and how long that may take, and READY no more", async () => {
  const { notifier, scheduler, messages, last } = managed({ watchdogMs: 9_000 });
  notifier.observe(takesPart);
  notifier.observe(transition("Attempter", "Stopping", "signal"));
  expect(last()).toEqual([
    "STOPPING=1",
    "EXTEND_TIMEOUT_USEC=13000000",
    "STATUS=Stopping: because of signal",
  ]);
  const count = messages.length;
  await scheduler.advance(3_000);
  expect(messages.slice(count)).toEqual([
    [
      "STOPPING=1",
      "EXTEND_TIMEOUT_USEC=10000000",
      "STATUS=Stopping: because of signal",
      "WATCHDOG=1",
    ],
  ]);
});

test("service manager: a start is extended as long as repair is tried", async () => {
  const { notifier, scheduler, messages, last } = managed();
  expect(last()).toEqual(["EXTEND_TIMEOUT_USEC=15000000", "STATUS=Init"]);
  await scheduler.advance(20_000);
  expect(messages.length).toBe(5);
  expect(last()).toContain("EXTEND_TIMEOUT_USEC=15000000");
  notifier.observe(takesPart);
  await scheduler.advance(5_000);
  expect(last()).toEqual(["READY=1", "STATUS=Attempter: because of ready"]);
});

test("service manager: the watchdog is fed three times in its period", async () => {
  const { notifier, scheduler, messages } = managed({ watchdogMs: 9_000 });
  notifier.observe(takesPart);
  await scheduler.advance(9_000);
  expect(messages.flat().filter((line) => line === "WATCHDOG=1").length).toBe(3);
});

test("service manager: an event alone does not feed the watchdog, the loop has to come round", () => {
  const { notifier, messages } = managed({ watchdogMs: 9_000 });
  notifier.observe(takesPart);
  expect(messages.flat()).not.toContain("WATCHDOG=1");
});

test("service manager: a stuck state gets no food, which is told once, until it moves", async () => {
  const { notifier, scheduler, messages, troubles } = managed({ watchdogMs: 9_000 });
  await scheduler.advance(initLimitMs);
  expect(troubles).toEqual([]);
  const count = messages.length;
  await scheduler.advance(9_000);
  expect(messages.length).toBe(count);
  expect(troubles).toEqual([
    "error: no sign of life is given any more: Init owes a transition within 45000 ms",
  ]);
  notifier.observe(takesPart);
  await scheduler.advance(3_000);
  expect(messages.at(-1)).toContain("WATCHDOG=1");
});

test("service manager: a process that was stopped for long is fed again as soon as it runs", async () => {
  const { notifier, scheduler, last } = managed({ watchdogMs: 9_000 });
  notifier.observe(takesPart);
  scheduler.stall(10 * 60_000);
  await scheduler.advance(0);
  expect(last()).toContain("WATCHDOG=1");
});

test("service manager: nobody watches, nobody is fed", async () => {
  const { notifier, scheduler, messages } = managed();
  notifier.observe(takesPart);
  await scheduler.advance(60_000);
  expect(messages.flat()).not.toContain("WATCHDOG=1");
});

test("service manager: one that does not hear is told of once, and tried again", async () => {
  let tries = 0;
  const { notifier, scheduler, troubles } = managed({
    send: () => {
      tries += 1;
      throw new Error("no room");
    },
  });
  notifier.observe(takesPart);
  await scheduler.advance(10_000);
  expect(tries).toBe(4);
  expect(troubles).toEqual(["warn: the service manager does not hear us: no room"]);
});

test("service manager: what got lost is said again with the next beat", async () => {
  let heard: string[] = [];
  let deaf = true;
  const { notifier, scheduler } = managed({
    send: (message) => {
      if (deaf) throw new Error("no room");
      heard = message.split("\n");
    },
  });
  notifier.observe(takesPart);
  deaf = false;
  await scheduler.advance(5_000);
  expect(heard).toContain("READY=1");
});

test("service manager: a status is one line of bounded length, whatever a detail holds", () => {
  const { notifier, last } = managed();
  const detail = `no\nREADY=1\r\u0000${"x".repeat(5_000)}`;
  notifier.observe({ ...transition("Init", "Failover", "unreachable"), detail });
  const [, status = ""] = last();
  expect(last().length).toBe(2);
  expect(status).toStartWith("STATUS=Failover: no READY=1  xxx");
  expect(status.length).toBeLessThan(1_100);
});

test("service manager: is told nothing more, and leaves no timer, once disposed", async () => {
  const { notifier, scheduler, messages, closed } = managed({ watchdogMs: 9_000 });
  const count = messages.length;
  await notifier[Symbol.asyncDispose]();
  await notifier[Symbol.asyncDispose]();
  await settle();
  expect(scheduler.sleeping).toBe(0);
  expect(closed()).toBeGreaterThan(0);
  expect(messages.length).toBe(count);
});
