import { closeSync, openSync } from "node:fs";

/** One look at the processes has a directory and a file open; two more are for other threads. */
const count = 4;

/**
 * Descriptors that are kept for looking at the processes. Who has none left sees no process, and
 * so could kill none: a command would outlive its lease because of too many connections.
 */
export class SpareDescriptors {
  readonly #held: number[] = [];
  #isLent = false;

  constructor() {
    this.#hold();
  }

  /** Runs what needs descriptors; it must not wait, or somebody else takes them. */
  lend<Result>(use: () => Result): Result {
    if (this.#isLent) return use();
    this.#isLent = true;
    for (const descriptor of this.#held.splice(0)) closeSync(descriptor);
    try {
      return use();
    } finally {
      this.#isLent = false;
      this.#hold();
    }
  }

  #hold(): void {
    try {
      while (this.#held.length < count) this.#held.push(openSync("/dev/null", "r"));
    } catch {
      // That many are not left: the next look may have more of them.
    }
  }
}
