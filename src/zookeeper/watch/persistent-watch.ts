import type { NodeEvent, NodeEventKind } from "../protocol/replies.ts";

/** What a persistent watch tells its reader. */
type PersistentWatchEvent =
  | { readonly kind: NodeEventKind; readonly path: string }
  /**
   * Events were lost: the connection was down, or the reader was slower than the events and the
   * buffer's bound was reached. Read again whatever is derived from them.
   */
  | { readonly kind: "gap" }
  /** The last event: the session ended. */
  | { readonly kind: "session-ended" };

interface PersistentWatchOptions {
  /** The full path of the watched node. */
  readonly path: string;
  /** Whether all nodes below are watched too; a recursive watch tells no `children-changed`. */
  readonly recursive: boolean;
  /** How many undelivered events are kept. */
  readonly bufferedEvents: number;
  /** Called once, when the owner does not want the watch any more. */
  readonly remove: (watch: PersistentWatch) => Promise<void>;
}

/**
 * A watch that stays until it is closed. It is read by one `for await`; events wait in a buffer of
 * stated size, and when that overflows all of it is replaced by one `gap`. Leaving the loop does
 * not close the watch.
 *
 * Danger: servers before 3.9 keep one kind of watch per path and connection, the last one set. A
 * one-shot watch on the same path silently ends this one. Source: ZOOKEEPER-4466.
 */
export class PersistentWatch implements AsyncIterable<PersistentWatchEvent>, AsyncDisposable {
  readonly path: string;
  readonly recursive: boolean;
  readonly #options: PersistentWatchOptions;
  #events: PersistentWatchEvent[] = [];
  #wake: (() => void) | undefined;
  #armed = false;
  #finished = false;
  #closing: Promise<void> | undefined;

  constructor(options: PersistentWatchOptions) {
    this.path = options.path;
    this.recursive = options.recursive;
    this.#options = options;
  }

  /** Whether a server has confirmed it. */
  get armed(): boolean {
    return this.#armed;
  }

  /** Called when a server confirmed it. */
  arm(): this {
    this.#armed = true;
    return this;
  }

  /** Whether the event belongs to this watch. Source: ZKWatchManager.java:345-461. */
  matches(event: NodeEvent): boolean {
    if (!this.#armed) return false;
    if (!this.recursive) return event.path === this.path;
    if (event.kind === "children-changed") return false;
    const below = this.path === "/" ? "/" : `${this.path}/`;
    return event.path === this.path || event.path.startsWith(below);
  }

  /** Called by the registry. */
  deliver(event: PersistentWatchEvent): void {
    if (this.#finished) return;
    if (this.#events.length >= this.#options.bufferedEvents) this.#events = [{ kind: "gap" }];
    this.#events.push(event);
    this.#wake?.();
  }

  /** Called by the registry: nothing more will come; what is buffered can still be read. */
  finish(): void {
    this.#finished = true;
    this.#wake?.();
  }

  /** Ends the watch, here at once and then on the server. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#events = [];
    this.finish();
    this.#closing ??= this.#options.remove(this);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PersistentWatchEvent, void> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) yield event;
      else if (this.#finished) return;
      else await this.#more();
    }
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }
}
