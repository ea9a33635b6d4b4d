import { expect, test } from "bun:test";
import { RealScheduler } from "../../src/system/real-scheduler.ts";

const never = new AbortController().signal;

test("real scheduler: a sleep counts from its call to its end, however it ends", async () => {
  const scheduler = new RealScheduler();
  expect(scheduler.sleeping).toBe(0);
  const waking = new AbortController();
  const long = scheduler.sleep(3_600_000, waking.signal);
  const short = scheduler.sleep(1, never);
  expect(scheduler.sleeping).toBe(2);
  await short;
  expect(scheduler.sleeping).toBe(1);
  waking.abort();
  await long;
  expect(scheduler.sleeping).toBe(0);
  await scheduler.sleep(3_600_000, waking.signal);
  expect(scheduler.sleeping).toBe(0);
});
