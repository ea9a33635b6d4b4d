import type { Instant, Scheduler } from "../../base/scheduler.ts";

/**
 * Time since the machine booted, suspends included, in milliseconds: the one clock that daemon and
 * supervisor share, and that goes on while the machine sleeps. Exact to about 20 ms, never ahead.
 */
export function bootTimeMs(scheduler: Scheduler): number {
  return scheduler.now() + scheduler.suspendedMs();
}

/**
 * An instant of this process as boot time. The boot clock is read first: a pause between the two
 * readings makes the result earlier, and an end that is too early harms nobody.
 */
export function bootTimeOf(scheduler: Scheduler, instant: Instant): number {
  const boot = bootTimeMs(scheduler);
  return boot + (instant - scheduler.now());
}
