import type { Scheduler } from "../../base/scheduler.ts";
import { Scope } from "../../base/scope.ts";

/**
 * The pause, in milliseconds, between the end of a deadline and the conclusion that nothing came.
 * After a stall of the process, timers fire before the bytes that arrived meanwhile are delivered;
 * in this pause the event loop reads its sockets once. Seen on Bun and Node alike.
 */
export const ioTurnMs = 5;

/**
 * Runs `work` with a signal that aborts after `limitMs`, or with `signal`, and resolves with
 * undefined as soon as it did, whether or not `work` heeds it. What `work` brings too late is
 * handed to `discard`. Rejects when `work` rejects in time.
 */
export async function withDeadline<T>(
  scheduler: Scheduler,
  limitMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  discard: (late: T) => void,
): Promise<T | undefined> {
  using limit = new Scope(signal);
  using timer = new Scope(limit.signal);
  let finished = false;
  const over = expire(scheduler, limitMs, timer.signal).then(() => {
    if (!finished) limit.abort();
    return undefined;
  });
  const done = work(limit.signal).then((result) => {
    if (!limit.signal.aborted) return result;
    discard(result);
    return undefined;
  });
  // A rejection in time is seen by the race; one that comes later interests nobody.
  done.catch(() => undefined);
  try {
    return await Promise.race([done, over]);
  } finally {
    finished = true;
    timer.abort();
  }
}

async function expire(scheduler: Scheduler, ms: number, signal: AbortSignal): Promise<void> {
  await scheduler.sleep(Math.ceil(ms), signal);
  await scheduler.sleep(ioTurnMs, signal);
}
