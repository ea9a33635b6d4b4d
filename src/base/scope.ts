/**
 * An abort signal that follows the first of its sources, and lets go of them when disposed.
 *
 * `AbortSignal.any` would do, but a source that lives as long as the process would then keep (or
 * only lazily forget) every signal that was ever derived from it; a loop that waits for years must
 * not depend on the collector for that.
 */
export class Scope implements Disposable {
  readonly #controller = new AbortController();
  readonly #sources: readonly AbortSignal[];
  readonly #follow = (): void => this.#controller.abort();

  constructor(...sources: readonly AbortSignal[]) {
    this.#sources = sources;
    for (const source of sources) {
      if (source.aborted) this.#controller.abort();
      source.addEventListener("abort", this.#follow);
    }
  }

  /** Aborted as soon as one source is, or `abort` was called. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts the signal without any source. */
  abort(): void {
    this.#controller.abort();
  }

  /** Forgets the sources. The signal stays as it is; nothing aborts it any more. */
  [Symbol.dispose](): void {
    for (const source of this.#sources) source.removeEventListener("abort", this.#follow);
  }
}

/** Resolves when `signal` is aborted: for waiting on nothing but a scope. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
