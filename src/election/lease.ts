import { type Instant, later, type Scheduler, wasSuspended } from "../base/scheduler.ts";

/**
 * How long a holder acts on its own clock, in milliseconds, of the lease that others wait for.
 * @param slewShare by how much that clock may be slewed, see Scheduler
 */
export function actingMs(leaseMs: number, slewShare: number): number {
  return Math.floor(leaseMs * (1 - slewShare));
}

/**
 * The right to start effects, until `validUntil`.
 *
 * It is counted from the moment a renewal was *sent*: the next leader counts from a moment
 * after that renewal was committed, so on raw clocks within 1 % of true time the taker's wait is
 * over only after this lease is. Once over it stays over: an acknowledgement too late found
 * others entitled to start, whatever it says.
 */
export class Lease {
  readonly #scheduler: Scheduler;
  readonly #suspendedMs: number;
  #renewedAt: Instant;
  #validUntil: Instant;
  #over = false;

  /**
   * @param sentAt when the request that made us leader was sent
   * @param suspendedMs `scheduler.suspendedMs()` as it was at that moment
   */
  constructor(scheduler: Scheduler, sentAt: Instant, suspendedMs: number, durationMs: number) {
    this.#scheduler = scheduler;
    this.#suspendedMs = suspendedMs;
    this.#renewedAt = sentAt;
    this.#validUntil = later(sentAt, durationMs);
  }

  get renewedAt(): Instant {
    return this.#renewedAt;
  }

  get validUntil(): Instant {
    return this.#validUntil;
  }

  /**
   * Whether an effect may start now. It reads the clocks at every call, because a timer that
   * should have told would itself be late on a blocked loop.
   */
  holds(): boolean {
    if (!this.#over && (this.#hasPassed() || this.#wasSuspended())) this.#over = true;
    return !this.#over;
  }

  /** Takes an acknowledged renewal into account; false when it comes too late to count. */
  renew(sentAt: Instant, durationMs: number): boolean {
    if (!this.holds()) return false;
    // A shortened duration may move the end backwards: a promise made to others is not, though,
    // because takers may still count with the longer duration.
    this.#renewedAt = sentAt;
    this.#validUntil = later(sentAt, durationMs);
    return this.holds();
  }

  #hasPassed(): boolean {
    return !(this.#scheduler.now() < this.#validUntil);
  }

  #wasSuspended(): boolean {
    return wasSuspended(this.#scheduler, this.#suspendedMs);
  }
}
