import type { Instant, Scheduler } from "../../src/election/scheduler.ts";
import type { Life } from "./life.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** Boot time is read in steps of so many milliseconds. Source: /proc/uptime. */
const bootTimeStepMs = 10;
const longestLatenessMs = 1;

/** The wall clock when the simulation starts. */
const startedAt = Date.UTC(2026, 0, 1);

/**
 * The clocks of one machine. Its monotonic clock has a rate of its own and stands still while the
 * machine is suspended; timers are up to a millisecond late, and later when the process is held.
 */
export class SimulatedScheduler implements Scheduler {
  readonly #timeline: Timeline;
  readonly #life: Life;
  readonly #random: Random;
  #rate: number;
  #trueBase: number;
  #localBase: number;
  #suspendedMs = 0;
  #suspendedSince: number | undefined;
  #wallJumpMs = 0;
  #sleeping = 0;

  constructor(timeline: Timeline, life: Life, random: Random, rate: number) {
    this.#timeline = timeline;
    this.#life = life;
    this.#random = random;
    this.#rate = rate;
    this.#trueBase = timeline.now;
    this.#localBase = random.between(10, 1e6);
  }

  /** How many sleeps are under way. */
  get sleeping(): number {
    return this.#sleeping;
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

  setRate(rate: number): void {
    this.#localBase = this.now();
    this.#trueBase = this.#timeline.now;
    this.#rate = rate;
  }

  jumpWallClock(ms: number): void {
    this.#wallJumpMs += ms;
  }

  /** The machine sleeps: its monotonic clock stands still. The caller holds the process. */
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

  #timer(wakesAt: number, signal: AbortSignal): Promise<void> {
    const latenessMs = this.#random.between(0.001, longestLatenessMs);
    const delayMs = Math.max(0, (wakesAt - this.now()) / this.#rate) + latenessMs;
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
