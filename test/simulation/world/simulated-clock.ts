import type { Instant } from "../../../src/base/scheduler.ts";
import type { Timeline } from "../timeline.ts";

/** Boot time is read in steps of so many milliseconds. Source: /proc/uptime. */
const bootTimeStepMs = 10;

/**
 * The clocks of one machine. The monotonic one has a rate of its own, and stands still while the
 * machine is suspended.
 */
export class SimulatedClock {
  readonly #timeline: Timeline;
  #rate: number;
  #trueBase: number;
  #localBase: number;
  #suspendedMs = 0;
  #suspendedSince: number | undefined;

  constructor(timeline: Timeline, startsAt: number, rate: number) {
    this.#timeline = timeline;
    this.#rate = rate;
    this.#trueBase = timeline.now;
    this.#localBase = startsAt;
  }

  get rate(): number {
    return this.#rate;
  }

  now(): Instant {
    const now = this.#suspendedSince ?? this.#timeline.now;
    return (this.#localBase + (now - this.#trueBase) * this.#rate) as Instant;
  }

  suspendedMs(): number {
    const local = this.now();
    const boot = local + this.trulySuspendedMs;
    return Math.floor(boot / bootTimeStepMs) * bootTimeStepMs - local;
  }

  /** The exact time that the machine was suspended, until now if it is, for the referee. */
  get trulySuspendedMs(): number {
    const since = this.#suspendedSince ?? this.#timeline.now;
    return this.#suspendedMs + this.#timeline.now - since;
  }

  setRate(rate: number): void {
    this.#localBase = this.now();
    // A clock that stands still goes on from where it stands.
    this.#trueBase = this.#suspendedSince ?? this.#timeline.now;
    this.#rate = rate;
  }

  /** The machine sleeps. The caller holds its processes. */
  suspend(): void {
    this.#suspendedSince ??= this.#timeline.now;
  }

  resume(): void {
    if (this.#suspendedSince === undefined) return;
    this.#localBase = this.now();
    this.#trueBase = this.#timeline.now;
    this.#suspendedMs += this.#timeline.now - this.#suspendedSince;
    this.#suspendedSince = undefined;
  }
}
