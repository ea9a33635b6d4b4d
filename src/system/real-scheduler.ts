import { type Instant, longestSlewShare, nextTimerMs, type Scheduler } from "../base/scheduler.ts";
import { ClockError, KernelClocks } from "./kernel-clocks.ts";

/** What one timer can wait. Source: the 32-bit delay of setTimeout. */
const longestTimerMs = 2 ** 31 - 1;
/** The boot clock is read between two readings of the other, which are not to lie farther apart. */
const readingMs = 1;
const mostReadings = 5;

/** The clocks, timers and dice of this machine. */
export class RealScheduler implements Scheduler {
  readonly slewShare: number;
  readonly #clocks: Pick<KernelClocks, "readMs">;
  readonly #clock: "raw" | "monotonic";
  #sleeping = 0;

  /** Throws a ClockError where no clock can be relied on. */
  constructor(clocks: Pick<KernelClocks, "readMs"> = KernelClocks.open()) {
    this.#clocks = clocks;
    this.#clock = Number.isFinite(clocks.readMs("raw")) ? "raw" : "monotonic";
    this.slewShare = this.#clock === "raw" ? 0 : longestSlewShare;
    this.now();
    if (!Number.isFinite(this.suspendedMs())) {
      throw new ClockError(
        "the kernel does not tell CLOCK_BOOTTIME, so a suspend would go unnoticed: allow " +
          "clock_gettime(2) with every clock, in the seccomp filter of the container or the unit",
      );
    }
  }

  /**
   * For who only asks, and holds no lease: where the kernel's clocks cannot be read the runtime's
   * serves, which knows of no suspend.
   */
  static forQuestions(): RealScheduler {
    try {
      return new RealScheduler();
    } catch (error) {
      if (!(error instanceof ClockError)) throw error;
      return new RealScheduler({
        readMs: (clock) => (clock === "raw" ? Number.NaN : performance.now()),
      });
    }
  }

  /** How many sleeps are under way: every timer of the process is one of them. */
  get sleeping(): number {
    return this.#sleeping;
  }

  /** Throws where the clock stops to answer: better no process than one without time. */
  now(): Instant {
    const now = this.#clocks.readMs(this.#clock);
    if (Number.isFinite(now)) return now as Instant;
    throw new ClockError(
      "the kernel does not tell the monotonic clock: allow clock_gettime(2) with every clock, in " +
        "the seccomp filter of the container or the unit",
    );
  }

  suspendedMs(): number {
    // A process that is held between two readings would take its pause for a suspend.
    for (let reading = 1; ; reading += 1) {
      const before = this.#clocks.readMs("monotonic");
      const bootMs = this.#clocks.readMs("boot");
      const isExact = this.#clocks.readMs("monotonic") - before <= readingMs;
      if (isExact || reading === mostReadings) return bootMs - before;
    }
  }

  uptimeMs(): number {
    return this.#clocks.readMs("boot");
  }

  wallClock(): Date {
    return new Date();
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const wakesAt = this.now() + ms;
    this.#sleeping += 1;
    do {
      // Whole milliseconds, because a timer of a fraction wakes early and has to be set again.
      const leftMs = Math.ceil(nextTimerMs(Math.max(0, wakesAt - this.now())));
      await timer(Math.min(leftMs, longestTimerMs), signal);
    } while (!signal.aborted && this.now() < wakesAt);
    this.#sleeping -= 1;
  }

  random(): number {
    return Math.random();
  }
}

function timer(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(handle);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const handle = setTimeout(wake, ms);
    signal.addEventListener("abort", wake);
  });
}
