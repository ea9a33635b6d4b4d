import type { Instant } from "../../../src/base/scheduler.ts";
import type { Timeline } from "../timeline.ts";

/**
 * The clocks of one machine. The raw one has a rate of its own, the ordinary one is slewed besides
 * by a time daemon, and both stand still while the machine is suspended.
 */
export class SimulatedClock {
  readonly #timeline: Timeline;
  #rate: number;
  #slew = 0;
  #trueBase: number;
  #rawBase: number;
  #ordinaryBase: number;
  #suspendedMs = 0;
  #suspendedSince: number | undefined;

  constructor(timeline: Timeline, startsAt: number, rate: number) {
    this.#timeline = timeline;
    this.#rate = rate;
    this.#trueBase = timeline.now;
    this.#rawBase = startsAt;
    this.#ordinaryBase = startsAt;
  }

  /** The raw clock. */
  now(): Instant {
    return (this.#rawBase + this.#awakeMs * this.#rate) as Instant;
  }

  /** The one that timers run by. */
  get ordinaryMs(): number {
    return this.#ordinaryBase + this.#awakeMs * this.#ordinaryRate;
  }

  /** How much true time passes until the ordinary clock has gone on by `ms`, as it runs now. */
  trueMs(ms: number): number {
    return ms / this.#ordinaryRate;
  }

  /** How long the machine was suspended, until now if it is. Kernels tell it as exactly. */
  get suspendedMs(): number {
    const since = this.#suspendedSince ?? this.#timeline.now;
    return this.#suspendedMs + this.#timeline.now - since;
  }

  /** The clock that processes share, and that goes on while the machine is suspended. */
  get hostTimeMs(): number {
    return this.now() + this.suspendedMs;
  }

  /** What /proc/uptime says. */
  get uptimeMs(): number {
    return this.ordinaryMs + this.suspendedMs;
  }

  setRate(rate: number): void {
    this.#rebase();
    this.#rate = rate;
  }

  /** @param slew by what share the ordinary clock is faster than the raw one */
  setSlew(slew: number): void {
    this.#rebase();
    this.#slew = slew;
  }

  /** The machine sleeps. The caller holds its processes. */
  suspend(): void {
    this.#suspendedSince ??= this.#timeline.now;
  }

  resume(): void {
    if (this.#suspendedSince === undefined) return;
    this.#rebase();
    this.#trueBase = this.#timeline.now;
    this.#suspendedMs += this.#timeline.now - this.#suspendedSince;
    this.#suspendedSince = undefined;
  }

  /** Since the last change of a rate. */
  get #awakeMs(): number {
    return (this.#suspendedSince ?? this.#timeline.now) - this.#trueBase;
  }

  get #ordinaryRate(): number {
    return this.#rate * (1 + this.#slew);
  }

  #rebase(): void {
    const { ordinaryMs } = this;
    this.#rawBase = this.now();
    this.#ordinaryBase = ordinaryMs;
    // A clock that stands still goes on from where it stands.
    this.#trueBase = this.#suspendedSince ?? this.#timeline.now;
  }
}
