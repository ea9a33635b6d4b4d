import { readdirSync, readFileSync } from "node:fs";

const intervalMs = 10;
/** A timer of ours may be this late on a machine that has time for us. */
const toleranceMs = 20;

/**
 * Measures how long the machine kept waiting what it should have run. A time without a leader that
 * exceeds its bound by no more than that says something about the machine, and not about us.
 *
 * Counted is, of every process, the thread that was ready to run for longest without a processor
 * to run on (Source: proc(5), /proc/pid/schedstat), because a hand-over goes from one process to
 * the next; and how late our own timers were, by which landings are seen late.
 */
export class ProcessorWait implements Disposable {
  readonly #before: ReadonlyMap<string, number>;
  readonly #timer: ReturnType<typeof setInterval>;
  #lastTick = performance.now();
  #lateMs = 0;

  /** @param pids the processes as they are now */
  constructor(pids: readonly number[]) {
    this.#before = new Map(pids.flatMap((pid) => waitsOf(pid)));
    this.#timer = setInterval(() => this.#tick(), intervalMs);
  }

  /** Since the beginning. @param pids the processes as they are now; new ones count in full */
  totalMs(pids: readonly number[]): number {
    const longest = pids.map((pid) => {
      const waits = waitsOf(pid).map(([thread, ms]) => ms - (this.#before.get(thread) ?? 0));
      return Math.max(0, ...waits);
    });
    return longest.reduce((sum, ms) => sum + ms, this.#lateMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const lateMs = now - this.#lastTick - intervalMs;
    if (lateMs > toleranceMs) this.#lateMs += lateMs;
    this.#lastTick = now;
  }
}

/** Of every thread of a process, how long it has waited for a processor so far. */
function waitsOf(pid: number): readonly (readonly [thread: string, ms: number])[] {
  try {
    const tasks = `/proc/${pid}/task`;
    return readdirSync(tasks).flatMap((task) => {
      const [, waitedNs] = readFileSync(`${tasks}/${task}/schedstat`, "latin1").split(" ");
      return [[`${pid}/${task}`, Number(waitedNs) / 1e6] as const];
    });
  } catch {
    // It has ended, or a thread of it just now; what it waited does not count then.
    return [];
  }
}
