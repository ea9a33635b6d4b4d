import { openSync, readSync } from "node:fs";
import { uptime } from "node:os";
import type { Instant, Scheduler } from "../base/scheduler.ts";

/** What one timer can wait. Source: the 32-bit delay of setTimeout. */
const longestTimerMs = 2 ** 31 - 1;

/** The clocks, timers and dice of this machine. */
export class RealScheduler implements Scheduler {
  readonly #bootClock = new BootClock();
  #sleeping = 0;

  /** How many sleeps are under way: every timer of the process is one of them. */
  get sleeping(): number {
    return this.#sleeping;
  }

  now(): Instant {
    // CLOCK_MONOTONIC in Bun, counted from the process's start.
    return performance.now() as Instant;
  }

  suspendedMs(): number {
    return this.#bootClock.nowMs() - performance.now();
  }

  wallClock(): Date {
    return new Date();
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const wakesAt = this.now() + ms;
    this.#sleeping += 1;
    do {
      // Whole milliseconds, because a timer of a fraction wakes early and has to be set again.
      const leftMs = Math.ceil(Math.max(0, wakesAt - this.now()));
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

/** More than /proc/uptime ever holds. */
const longestUptime = 64;

/**
 * Time since boot with suspends counted, in milliseconds.
 * /proc/uptime is CLOCK_BOOTTIME in hundredths of a second. `os.uptime` has whole seconds only,
 * rounded up: in its place, a deadline would be told up to a second too late. So the file stays
 * open, for a process may have no descriptor left when it needs the time.
 * Source: fs/proc/uptime.c and do_sysinfo of Linux
 */
class BootClock {
  readonly #descriptor = openUptime();
  readonly #bytes = Buffer.alloc(longestUptime);

  nowMs(): number {
    if (this.#descriptor === undefined) return uptime() * 1000;
    const length = readSync(this.#descriptor, this.#bytes, 0, longestUptime, 0);
    return Number.parseFloat(this.#bytes.toString("latin1", 0, length)) * 1000;
  }
}

/** Undefined where there is no such file. */
function openUptime(): number | undefined {
  try {
    return openSync("/proc/uptime", "r");
  } catch {
    return undefined;
  }
}
