declare const instant: unique symbol;

/**
 * A point on the raw clock of this machine, in milliseconds since it booted, without the time that
 * it was suspended. All processes of the machine mean the same by it; no other machine does.
 */
export type Instant = number & { readonly [instant]: true };

/**
 * The one door by which time and chance enter. Everything below `src` waits, measures and
 * throws dice through it, so that a test or a simulation owns all three.
 */
export interface Scheduler {
  /**
   * The raw monotonic clock: what the oscillator counts. It never jumps, no time daemon slews it,
   * and it stands still while the machine is suspended.
   */
  now(): Instant;
  /**
   * By what share of itself `now` may be fast or slow because a time daemon slews it: 0 where there
   * is a raw clock, as nearly everywhere. A lease is measured so much shorter by its holder, and so
   * much longer by all that wait for its end.
   */
  readonly slewShare: number;
  /**
   * How long the machine has been suspended since it booted, in milliseconds: boot time minus
   * monotonic time, which are slewed alike. Only differences between two readings mean something;
   * readings are exact to a few milliseconds. NaN where it cannot be told: see `wasSuspended`.
   */
  suspendedMs(): number;
  /**
   * The time since boot as /proc/uptime and CLOCK_BOOTTIME tell it, in milliseconds, for people and
   * their programs: it counts suspends, and a time daemon may slew it by a tenth, see `uptimeOf`.
   */
  uptimeMs(): number;
  /** The wall clock: for people and file contents only, never for a decision. */
  wallClock(): Date;
  /**
   * Resolves after `ms` milliseconds, or at once when `signal` aborts, and never rejects: the
   * caller asks the signal or the clock which of the two it was. It is never early by `now`. It may
   * be late: always by a tenth of what `nextTimerMs` says, because timers run by a slewed clock,
   * and by any time where the loop is blocked, the process stopped or the machine suspended. So
   * deadlines are compared, not assumed.
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A random number of [0, 1), for jitter and shuffling. Not for secrets. */
  random(): number;
}

/** Two readings of the suspended time may differ by this much without a suspend. */
const suspendToleranceMs = 50;
/**
 * The kernel lets a time daemon change the rate of the ordinary clocks by a tenth at most.
 * Source: adjtimex(2), the tick of 900,000 to 1,100,000 / HZ; chronyd asks for up to 8.3 %
 */
export const longestSlewShare = 0.1;
/** The last timer of a wait is not longer: a tenth of it is how late the wait may end. */
const lastTimerMs = 500;

/** The instant `ms` milliseconds after `start` (before it, when negative). */
export function later(start: Instant, ms: number): Instant {
  return (start + ms) as Instant;
}

/** The milliseconds left until `deadline`, at least 0. */
export function remainingMs(scheduler: Scheduler, deadline: Instant): number {
  return Math.max(0, deadline - scheduler.now());
}

/**
 * Whether the machine was suspended since `suspendedMs()` gave `before`. A clock that cannot be
 * read, gives no number, or has gone backwards, says nothing else than that.
 */
export function wasSuspended(scheduler: Scheduler, before: number): boolean {
  return !(Math.abs(scheduler.suspendedMs() - before) <= suspendToleranceMs);
}

/**
 * Time since the machine booted, suspends included, in milliseconds: the one clock that all of its
 * processes share, that nobody slews, and that goes on while it sleeps. NaN where it cannot be
 * told: then every deadline has passed.
 */
export function hostTimeMs(scheduler: Scheduler): number {
  return scheduler.now() + scheduler.suspendedMs();
}

/** What `hostTimeMs` says at `end`, if the machine is not suspended before it. */
export function hostTimeOf(scheduler: Scheduler, end: Instant): number {
  return end + scheduler.suspendedMs();
}

/**
 * An uptime, in milliseconds, that is not reached after `end`, however a time daemon slews the
 * clock that tells it until then.
 */
export function uptimeOf(scheduler: Scheduler, end: Instant): number {
  const uptimeMs = scheduler.uptimeMs();
  return uptimeMs + (end - scheduler.now()) * (1 - longestSlewShare);
}

/**
 * How long the next timer of a wait is, of which `leftMs` milliseconds are left. Timers run by the
 * ordinary clock, which may be slow: a long wait is cut short, and what is left of it is measured
 * and waited for anew.
 */
export function nextTimerMs(leftMs: number): number {
  return leftMs <= lastTimerMs ? leftMs : leftMs * (1 - longestSlewShare);
}
