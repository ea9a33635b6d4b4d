import type { Scheduler } from "./scheduler.ts";
import { aborted, Scope } from "./scope.ts";

/**
 * Runs `action` with a signal that aborts after `limitMs` milliseconds, or as soon as one of
 * `stops` does. What the action returns is returned; the action decides what an abort means.
 */
export async function within<Result>(
  scheduler: Scheduler,
  limitMs: number,
  stops: readonly AbortSignal[],
  action: (limit: AbortSignal) => Promise<Result>,
): Promise<Result> {
  using limit = new Scope(...stops);
  const expiry = scheduler.sleep(limitMs, limit.signal).then(() => limit.abort());
  try {
    return await action(limit.signal);
  } finally {
    limit.abort();
    await expiry;
  }
}

/** Whether `promise` resolves before `limit` aborts. */
export async function resolvesBefore(
  promise: Promise<unknown>,
  limit: AbortSignal,
): Promise<boolean> {
  let resolved = false;
  const resolution = promise.then(() => {
    resolved = true;
  });
  await Promise.race([resolution, aborted(limit)]);
  return resolved;
}
