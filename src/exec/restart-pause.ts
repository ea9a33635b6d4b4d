import { type Instant, later, type Scheduler } from "../base/scheduler.ts";

/** The first pause, and the longest that doubling leads to. */
const shortestPauseMs = 1_000;
const longestPauseMs = 30_000;
/** A command that ran for so long was well: the next pause is the first one again. */
export const wellAfterMs = 10_000;

/**
 * When a command may start again: pauses double, with jitter, so that what fails at once does not
 * keep the host busy. It outlives a leadership: one that is won again at once starts no sooner.
 */
export class RestartPause {
  readonly #scheduler: Scheduler;
  #nextMs = shortestPauseMs;
  #notBefore: Instant;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#notBefore = scheduler.now();
  }

  /** How long to wait before the next start, in milliseconds. */
  get remainingMs(): number {
    return Math.max(0, this.#notBefore - this.#scheduler.now());
  }

  /** Takes note of a run that is over. */
  ran(startedAt: Instant): void {
    const now = this.#scheduler.now();
    if (now - startedAt >= wellAfterMs) this.#nextMs = shortestPauseMs;
    // From half the pause to all of it: replicas that fail together do not start together.
    this.#notBefore = later(now, this.#nextMs * (0.5 + this.#scheduler.random() / 2));
    this.#nextMs = Math.min(longestPauseMs, this.#nextMs * 2);
  }
}
