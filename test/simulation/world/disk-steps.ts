import type { Life } from "../referee/life.ts";
import type { Timeline } from "../timeline.ts";
import type { Random } from "./random.ts";
import type { SimulatedDirectory } from "./simulated-directory.ts";

/** When the steps of a simulated disk are taken, and when their process hears of it. */
export interface DiskSteps {
  take<Result>(effect: () => Result): Promise<Result>;
  /** Calls `then` while the steps that were asked for are under way. */
  meanwhile(then: () => void): void;
}

export interface PoolStepsOptions {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly directory: SimulatedDirectory;
  /** The process's event loop. */
  readonly life: Life;
  /** Its other threads: a blocked loop does not stop them, SIGSTOP does. */
  readonly threads: Life;
}

/** Steps that take their time beside the loop, on a medium that may be slow or hang. */
export class PoolSteps implements DiskSteps {
  readonly #options: PoolStepsOptions;
  #count = 0;
  #idle: (() => void) | undefined;

  constructor(options: PoolStepsOptions) {
    this.#options = options;
  }

  /** Calls `then` when no step is under way any more: for a process that begins no other. */
  whenIdle(then: () => void): void {
    if (this.#count === 0) then();
    else this.#idle = then;
  }

  meanwhile(then: () => void): void {
    this.#options.timeline.plan(0, then);
  }

  take<Result>(effect: () => Result): Promise<Result> {
    const { timeline, random, directory, life, threads } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const settle = (deliver: () => void): void => life.deliver("io", deliver);
    const land = (): void => {
      this.#count -= 1;
      try {
        const result = effect();
        settle(() => resolve(result));
      } catch (error) {
        settle(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
      if (this.#count === 0) this.#idle?.();
    };
    this.#count += 1;
    const delayMs = random.between(0.05, 2) + directory.slowMs * random.next();
    timeline.plan(delayMs, () => directory.whenItAnswers(() => threads.deliver("io", land)));
    return promise;
  }
}

/** Steps that take no time, as in memory. No step of a dead process does anything. */
export class InstantSteps implements DiskSteps {
  readonly #life: Life;
  #doom: { steps: number; readonly kill: () => void } | undefined;

  constructor(life: Life) {
    this.#life = life;
  }

  /** The process is killed before it takes so many more steps. */
  killAfter(steps: number, kill: () => void): void {
    this.#doom = { steps, kill };
  }

  meanwhile(then: () => void): void {
    then();
  }

  async take<Result>(effect: () => Result): Promise<Result> {
    this.begin();
    return await Promise.resolve(effect());
  }

  /** Counts a step that is to be taken at once. Throws when the process is gone. */
  begin(): void {
    if (this.#doom !== undefined) {
      this.#doom.steps -= 1;
      if (this.#doom.steps < 0) this.#doom.kill();
    }
    if (this.#life.over) throw new Error("the process is gone");
  }
}
