import type { ElectionEvent, EventKind, Observer } from "../../election/ports/observer.ts";

/** For each kind of event: whether it changes something that the status shows. */
const isShown: Readonly<Record<EventKind, boolean>> = {
  transition: true,
  attempt: true,
  "leader-seen": true,
  lease: true,
  resting: true,
  standing: true,
  connection: true,
  "timeout-granted": true,
  repair: true,
  "file-written": true,
  "files-pruned": true,
  command: true,
  "waiting-out": false,
  request: false,
  "command-output": false,
  notice: false,
};

/** Tells listeners that the status may have changed. Without any it does nothing. */
export class ChangeSignal implements Observer {
  readonly #listeners = new Set<() => void>();

  /** Calls `listener`, which must not throw, after every change until disposed. */
  listen(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  observe({ kind }: ElectionEvent): void {
    if (!isShown[kind]) return;
    for (const listener of this.#listeners) listener();
  }
}
