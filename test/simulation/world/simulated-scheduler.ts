import type { Instant, Scheduler } from "../../../src/base/scheduler.ts";
import type { Life } from "../referee/life.ts";
import type { Random } from "./random.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import type { Timeline } from "../timeline.ts";

const longestLatenessMs = 1;

/** The wall clock when the simulation starts. */
const startedAt = Date.UTC(2026, 0, 1);

/**
 * Time as one process has it, by its machine's clock: timers are up to a millisecond late, and
 * later when the process is held.
 */
export class SimulatedScheduler implements Scheduler {
  readonly clock: SimulatedClock;
  readonly #timeline: Timeline;
  readonly #life: Life;
  readonly #random: Random;
  #wallJumpMs = 0;
  #sleeping = 0;

  /** @param clock a rate for a clock of its own, or the clock that it shares */
  constructor(timeline: Timeline, life: Life, random: Random, clock: SimulatedClock | number) {
    this.#timeline = timeline;
    this.#life = life;
    this.#random = random;
    this.clock =
      typeof clock === "number"
        ? new SimulatedClock(timeline, random.between(10, 1e6), clock)
        : clock;
  }

  /** How many sleeps are under way. */
  get sleeping(): number {
    return this.#sleeping;
  }

  now(): Instant {
    return this.clock.now();
  }

  suspendedMs(): number {
    return this.clock.suspendedMs();
  }

  /** See SimulatedClock. */
  get trulySuspendedMs(): number {
    return this.clock.trulySuspendedMs;
  }

  wallClock(): Date {
    return new Date(Math.floor(startedAt + this.#timeline.now + this.#wallJumpMs));
  }

  random(): number {
    return this.#random.next();
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const wakesAt = this.now() + Math.max(0, ms);
    this.#sleeping += 1;
    do await this.#timer(wakesAt, signal);
    while (!signal.aborted && this.now() < wakesAt);
    this.#sleeping -= 1;
  }

  jumpWallClock(ms: number): void {
    this.#wallJumpMs += ms;
  }

  #timer(wakesAt: number, signal: AbortSignal): Promise<void> {
    const latenessMs = this.#random.between(0.001, longestLatenessMs);
    const delayMs = Math.max(0, (wakesAt - this.now()) / this.clock.rate) + latenessMs;
    return new Promise((resolve) => {
      const wake = (): void => {
        planned.action = undefined;
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const planned = this.#timeline.plan(delayMs, () => this.#life.deliver("timer", wake));
      signal.addEventListener("abort", wake);
    });
  }
}
