declare const instant: unique symbol;

/** A point on this process's monotonic clock, in milliseconds. It has no meaning elsewhere. */
export type Instant = number & { readonly [instant]: true };

/**
 * The one door by which time and chance enter. Everything below `src` waits, measures and
 * throws dice through it, so that a test or a simulation owns all three.
 */
export interface Scheduler {
  /** The monotonic clock. It never jumps, and stands still while the machine is suspended. */
  now(): Instant;
  /**
   * How long the machine has been suspended since it booted, in milliseconds: boot time minus
   * monotonic time. Only differences between two readings mean something; readings are exact to
   * about 20 ms.
   */
  suspendedMs(): number;
  /** The wall clock: for people and file contents only, never for a decision. */
  wallClock(): Date;
  /**
   * Resolves after `ms` milliseconds, or at once when `signal` aborts, and never rejects: the
   * caller asks the signal or the clock which of the two it was. A late wake-up is possible at any
   * time (a blocked loop, a stopped process), so deadlines are compared, not assumed.
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A random number of [0, 1), for jitter and shuffling. Not for secrets. */
  random(): number;
}

/** The instant `ms` milliseconds after `start` (before it, when negative). */
export function later(start: Instant, ms: number): Instant {
  return (start + ms) as Instant;
}

/** The milliseconds left until `deadline`, at least 0. */
export function remainingMs(scheduler: Scheduler, deadline: Instant): number {
  return Math.max(0, deadline - scheduler.now());
}
