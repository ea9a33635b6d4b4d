import { expect, test } from "bun:test";
import { type Instant, later } from "../../../src/base/scheduler.ts";
import type { Report } from "../../../src/exec/supervisor/messages.ts";
import { Supervised } from "../../../src/exec/supervisor/supervised.ts";
import { FakeProcesses } from "../../fake/processes.ts";
import { FakeScheduler, settle } from "../../fake/scheduler.ts";

const leaseMs = 6_600;
const stopTimeoutMs = 2_000;
const killMarginMs = 500;

/** A command whose supervisor hangs from the first. */
function runHanging(): { scheduler: FakeScheduler; command: Supervised; killed: () => number } {
  const scheduler = new FakeScheduler();
  const gone = Promise.withResolvers<string>();
  let kills = 0;
  const supervisor = {
    gone: gone.promise,
    reports: Promise.resolve<readonly Report[]>([]),
    say: () => undefined,
    kill: () => {
      kills += 1;
      gone.resolve("SIGKILL");
    },
  };
  const options = {
    scheduler,
    processes: new FakeProcesses(),
    command: ["work"],
    inheritsLock: false,
    stopSignal: "SIGTERM",
    limits: () => ({ stopTimeoutMs, killMarginMs }),
  } as const;
  const until: Instant = later(scheduler.now(), leaseMs);
  const command = new Supervised(options, supervisor, { environment: {}, until });
  return { scheduler, command, killed: () => kills };
}

test("supervised: a supervisor that hangs is killed before the lease ends", async () => {
  const { scheduler, command, killed } = runHanging();
  await scheduler.advance(leaseMs - killMarginMs);
  expect(killed()).toBe(0);
  await scheduler.advance(killMarginMs / 2 + 10);
  expect(killed()).toBe(1);
  expect(await command.ended).toMatchObject({ kind: "unsupervised" });
});

test("supervised: the machine's suspend counts against a supervisor that hangs", async () => {
  const { scheduler, command, killed } = runHanging();
  await scheduler.advance(1_000);
  scheduler.suspend(10_000);
  command.stop();
  await settle();
  await scheduler.advance(0);
  expect(killed()).toBe(1);
  expect(await command.ended).toEqual({ kind: "stopped", cause: "asked" });
});

test("supervised: after a suspend that nobody noticed it is killed before the lease ends", async () => {
  const suspendedMs = 3_000;
  const { scheduler, command, killed } = runHanging();
  await scheduler.advance(1_000);
  scheduler.suspend(suspendedMs);
  await scheduler.advance(leaseMs - suspendedMs - 1_000 - killMarginMs / 2 - 1);
  expect(killed()).toBe(0);
  await scheduler.advance(killMarginMs / 4 + 1);
  expect(killed()).toBe(1);
  expect(await command.ended).toMatchObject({ kind: "unsupervised" });
});
