import type { ElectionEvent, Observer } from "../../election/ports/observer.ts";

/** Events that come often and change nothing that the status shows. */
const unseen: ReadonlySet<ElectionEvent["kind"]> = new Set([
  "request",
  "command-output",
  "notice",
  "waiting-out",
]);

/** Tells listeners that the status may have changed. Without any it does nothing. */
export class Changes implements Observer {
  readonly #listeners = new Set<() => void>();

  /** Calls `listener`, which must not throw, after every change until disposed. */
  listen(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  observe({ kind }: ElectionEvent): void {
    if (unseen.has(kind)) return;
    for (const listener of this.#listeners) listener();
  }
}
