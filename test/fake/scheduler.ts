import type { Instant, Scheduler } from "../../src/base/scheduler.ts";

interface Sleeper {
  readonly wakesAt: number;
  readonly wake: () => void;
}

/** A scheduler whose time passes only when the test says so. */
export class FakeScheduler implements Scheduler {
  /** 0 unless a test wants a machine without a raw clock. */
  slewShare = 0;
  /** What the uptime has gained or lost by slewing. */
  slewedMs = 0;
  #now = 0;
  #suspendedMs = 0;
  #seed: number;
  readonly #sleepers = new Set<Sleeper>();
  readonly #startedAt = Date.UTC(2026, 0, 1);

  constructor(seed = 1) {
    this.#seed = seed;
  }

  now(): Instant {
    return this.#now as Instant;
  }

  suspendedMs(): number {
    return this.#suspendedMs;
  }

  uptimeMs(): number {
    return this.#now + this.#suspendedMs + this.slewedMs;
  }

  wallClock(): Date {
    return new Date(this.#startedAt + this.#now + this.#suspendedMs);
  }

  /** A linear congruential generator (the constants of Numerical Recipes). */
  random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { wakesAt: this.#now + Math.max(0, ms), wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", wake);
    });
  }

  /** How many sleeps are under way: zero when everything was freed. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Lets `ms` milliseconds pass, waking every sleeper at its own time, in order. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#earliest(until);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.wakesAt);
      next.wake();
      await settle();
    }
    this.#now = until;
    await settle();
  }

  /** Moves the clock without waking anybody: a blocked loop or a stopped process. */
  stall(ms: number): void {
    this.#now += ms;
  }

  /** The machine sleeps: monotonic time stands still, boot time goes on. */
  suspend(ms: number): void {
    this.#suspendedMs += ms;
  }

  #earliest(until: number): Sleeper | undefined {
    let earliest: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.wakesAt > until) continue;
      if (earliest === undefined || sleeper.wakesAt < earliest.wakesAt) earliest = sleeper;
    }
    return earliest;
  }
}

/** Lets everything that is ready run: microtasks, and what they make ready. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
