/** A wish to end, by Ctrl-C or SIGTERM. */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #listener = (): void => {
    // Asked twice, we end at once; the stage kills what it owns when the process exits.
    if (this.#controller.signal.aborted) process.exit(130);
    this.#controller.abort();
  };

  constructor() {
    process.on("SIGINT", this.#listener);
    process.on("SIGTERM", this.#listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends as a signal would. */
  request(): void {
    this.#controller.abort();
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#listener);
    process.off("SIGTERM", this.#listener);
  }
}
