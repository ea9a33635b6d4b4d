import { within } from "../base/deadline.ts";
import type { Scheduler } from "../base/scheduler.ts";
import { Scope } from "../base/scope.ts";
import { EventStream } from "./event-stream.ts";

/** How many readers there may be at a time: each costs a picture of some ten kilobytes. */
export const mostStreams = 16;
/** The time between two looks at the other replicas, while there are readers. */
const lookEveryMs = 2_000;

interface EventStreamsOptions {
  readonly picture: () => object;
  /** Calls `listener` after every change of the picture, until disposed. */
  readonly listen: (listener: () => void) => Disposable;
  /** Asks what the other replicas do, and brings it into the picture. Never rejects. */
  readonly look: (signal: AbortSignal) => Promise<void>;
  readonly scheduler: Scheduler;
  readonly failed: (error: unknown) => void;
}

/** All readers. While there is none, nothing is listened to, read or kept. */
export class EventStreams implements Disposable {
  readonly #options: EventStreamsOptions;
  readonly #streams = new Set<EventStream>();
  #watch: Disposable | undefined;
  #isClosed = false;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  /** A new reader's bytes; undefined when there are too many readers, or no more shall come. */
  open(): ReadableStream<Uint8Array> | undefined {
    if (this.#isClosed || this.#streams.size >= mostStreams) return undefined;
    const { picture, scheduler, failed } = this.#options;
    const stream = new EventStream({
      picture,
      scheduler,
      failed,
      closed: () => {
        this.#streams.delete(stream);
        if (this.#streams.size > 0) return;
        this.#watch?.[Symbol.dispose]();
        this.#watch = undefined;
      },
    });
    this.#streams.add(stream);
    this.#watch ??= this.#startWatching();
    return stream.body();
  }

  /** Ends every stream, each with the latest state. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const stream of this.#streams) stream.end();
  }

  #startWatching(): Disposable {
    const watching = new Scope();
    const listening = this.#options.listen(() => {
      for (const stream of this.#streams) stream.change();
    });
    void this.#lookOn(watching.signal);
    return {
      [Symbol.dispose]: () => {
        watching.abort();
        listening[Symbol.dispose]();
      },
    };
  }

  async #lookOn(signal: AbortSignal): Promise<void> {
    const { scheduler, look } = this.#options;
    while (!signal.aborted) {
      await within(scheduler, lookEveryMs, [signal], look);
      await scheduler.sleep(lookEveryMs, signal);
    }
  }
}
