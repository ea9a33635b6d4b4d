import { type Instant, nextTimerMs, type Scheduler } from "../../../src/base/scheduler.ts";
import type { Life } from "../referee/life.ts";
import type { Random } from "./random.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import type { Planned, Timeline } from "../timeline.ts";

const longestLatenessMs = 1;
/** Two ways to reckon one moment differ by less. */
const roundingMs = 1e-6;

/** The wall clock when the simulation starts. */
const startedAt = Date.UTC(2026, 0, 1);

/**
 * Time as one process has it, by its machine's clocks: timers run by the one that is slewed, are up
 * to a millisecond late, and later when the process is held.
 */
export class SimulatedScheduler implements Scheduler {
  readonly clock: SimulatedClock;
  readonly slewShare = 0;
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
    return this.clock.suspendedMs;
  }

  uptimeMs(): number {
    return this.clock.uptimeMs;
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
    do await this.#timer(nextTimerMs(wakesAt - this.now()), signal);
    while (!signal.aborted && this.now() < wakesAt);
    this.#sleeping -= 1;
  }

  jumpWallClock(ms: number): void {
    this.#wallJumpMs += ms;
  }

  #timer(ms: number, signal: AbortSignal): Promise<void> {
    const latenessMs = this.#random.between(0.001, longestLatenessMs);
    const wakesAt = this.clock.ordinaryMs + Math.max(0, ms) + latenessMs;
    return new Promise((resolve) => {
      let planned: Planned | undefined;
      const wake = (): void => {
        if (planned !== undefined) planned.action = undefined;
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const arm = (): void => {
        const leftMs = wakesAt - this.clock.ordinaryMs;
        // Its rate may have changed meanwhile, and then it is not the time yet.
        planned = this.#timeline.plan(this.clock.trueMs(leftMs), () => {
          if (wakesAt - this.clock.ordinaryMs > roundingMs) arm();
          else this.#life.deliver("timer", wake);
        });
      };
      arm();
      signal.addEventListener("abort", wake);
    });
  }
}
