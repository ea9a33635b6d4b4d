import { drainMicrotasks } from "bun:jsc";

/** What wakes a process: its own clock, or something from outside. */
export type WakeKind = "timer" | "io";

/**
 * The life of one simulated process. Everything that runs in it is delivered through here, so it
 * can be held (SIGSTOP, a blocked loop, a suspended machine) and ended (SIGKILL) at any await.
 */
export class Life {
  /**
   * Whether, after a hold, what came from outside runs before the timers. Event loops mostly do it
   * the other way round, but none promises to.
   */
  ioFirst: () => boolean = () => false;
  #holds = 0;
  #over = false;
  readonly #backlog: Record<WakeKind, (() => void)[]> = { timer: [], io: [] };

  get running(): boolean {
    return this.#holds === 0 && !this.#over;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Runs `action` and all that becomes ready by it, now or when the process runs again. */
  deliver(kind: WakeKind, action: () => void): void {
    if (this.#over) return;
    if (this.#holds > 0) {
      this.#backlog[kind].push(action);
      return;
    }
    action();
    drainMicrotasks();
  }

  /** Nothing of the process runs until `release` was called as often. */
  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    if (this.#holds === 0) return;
    this.#holds -= 1;
    if (this.#holds > 0) return;
    const timers = this.#backlog.timer.splice(0);
    const io = this.#backlog.io.splice(0);
    const held = this.ioFirst() ? [...io, ...timers] : [...timers, ...io];
    for (const action of held) this.deliver("io", action);
  }

  /** It is gone, and nothing that was meant for it ever arrives. */
  end(): void {
    this.#over = true;
    this.#backlog.timer.length = 0;
    this.#backlog.io.length = 0;
  }
}
