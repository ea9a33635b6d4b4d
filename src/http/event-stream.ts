import type { Scheduler } from "../base/scheduler.ts";
import { Scope } from "../base/scope.ts";

/** The least time between two events: of changes that come faster the last one is told. */
const pauseMs = 100;
/** A stream without news says after this time that it lives: proxies commonly wait for longer. */
const pingMs = 15_000;
/** How long the reader waits before it opens a broken stream again. */
const retryMs = 1_000;

interface EventStreamOptions {
  /** The picture as it is now: an object that JSON can hold. */
  readonly picture: () => object;
  readonly scheduler: Scheduler;
  /** The stream was left by its reader, or ended. */
  readonly closed: () => void;
  /** Hears why the picture could not be told; the stream ends then. */
  readonly failed: (error: unknown) => void;
}

/**
 * One reader of server-sent events. The first event holds the whole picture, every later one the
 * fields of it that have changed since. An event is made when the reader's connection takes it, so
 * a slow reader gets fewer and newer ones, and at most one waits in memory.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #ending = new AbortController();
  /** Each field as it was sent last. */
  readonly #sent = new Map<string, string>();
  #changed = new AbortController();
  #isFirst = true;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** The bytes for the reader, made as it takes them. To be read once. */
  body(): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const text = await this.#tell();
          if (text !== "") controller.enqueue(encoder.encode(text));
          if (this.#ending.signal.aborted) controller.close();
        },
        cancel: () => this.end(),
      },
      { highWaterMark: 0 },
    );
  }

  /** Something may have changed. */
  change(): void {
    this.#changed.abort();
  }

  /** Tells the latest state and ends the stream. Idempotent. */
  end(): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    this.#options.closed();
  }

  async #tell(): Promise<string> {
    try {
      return await this.#next();
    } catch (error) {
      this.#options.failed(error);
      this.end();
      return "";
    }
  }

  /** The next event or sign of life; empty when the stream ends and there is nothing new. */
  async #next(): Promise<string> {
    const { scheduler } = this.#options;
    if (this.#isFirst) {
      this.#isFirst = false;
      return `retry: ${retryMs}\n${this.#event() ?? ""}`;
    }
    for (;;) {
      const change = this.#changed.signal;
      using waiting = new Scope(this.#ending.signal, change);
      await scheduler.sleep(pingMs, waiting.signal);
      if (!waiting.signal.aborted) return ": still here\n\n";
      if (!this.#ending.signal.aborted) await scheduler.sleep(pauseMs, this.#ending.signal);
      this.#changed = new AbortController();
      const event = this.#event();
      if (event !== undefined) return event;
      if (this.#ending.signal.aborted) return "";
    }
  }

  /** The fields that differ from what was sent, as one event; undefined when none does. */
  #event(): string | undefined {
    const news: string[] = [];
    const clocks: string[] = [];
    for (const [field, value] of Object.entries(this.#options.picture())) {
      const told = `${JSON.stringify(field)}:${JSON.stringify(value) ?? "null"}`;
      if (clockFields.has(field)) {
        clocks.push(told);
        continue;
      }
      const compared = JSON.stringify(value, withoutClocks) ?? "null";
      if (this.#sent.get(field) === compared) continue;
      this.#sent.set(field, compared);
      news.push(told);
    }
    if (news.length === 0) return undefined;
    return `event: status\ndata: {${[...news, ...clocks].join(",")}}\n\n`;
  }
}

/** Fields that differ at every look: they are told beside news, and are no news themselves. */
const clockFields: ReadonlySet<string> = new Set(["stateMs", "seenAt"]);

function withoutClocks(key: string, value: unknown): unknown {
  return clockFields.has(key) ? undefined : value;
}
