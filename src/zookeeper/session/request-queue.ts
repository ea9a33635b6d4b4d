import type { ErrorCode } from "../errors.ts";
import type { SentExchange } from "./exchange.ts";
import type { ClientLimits } from "../limits.ts";

/** The request header's bytes. */
const headerBytes = 8;

/**
 * The requests that wait for a connection, in order, and the account of all that are unanswered.
 * Sent ones count until they leave their connection, even when nobody waits for them any more.
 */
export class RequestQueue {
  readonly #limits: ClientLimits;
  readonly #waiting = new Set<SentExchange>();
  #requests = 0;
  #bytes = 0;

  constructor(limits: ClientLimits) {
    this.#limits = limits;
  }

  /** How many requests are unanswered, queued and sent together. */
  get size(): number {
    return this.#requests;
  }

  /** The bound that a request of this size would break; undefined when there is room. */
  refusal(bodyBytes: number): { code: ErrorCode; detail: string } | undefined {
    const { requests, requestBytes, sentFrameBytes } = this.#limits;
    if (bodyBytes + headerBytes > sentFrameBytes) {
      const detail = `${bodyBytes + headerBytes} bytes, where servers take ${sentFrameBytes}`;
      return { code: "too-large", detail };
    }
    if (this.#requests >= requests || this.#bytes + bodyBytes > requestBytes) {
      const detail = `${this.#requests} requests (${this.#bytes} bytes) are unanswered`;
      return { code: "queue-full", detail };
    }
    return undefined;
  }

  /** Counts a request in. */
  admit(exchange: SentExchange): void {
    this.#requests += 1;
    this.#bytes += exchange.body.length;
  }

  /** Counts a request out. */
  release(exchange: SentExchange): void {
    this.#requests -= 1;
    this.#bytes -= exchange.body.length;
  }

  /** Keeps a request that was counted in until there is a connection. */
  wait(exchange: SentExchange): void {
    this.#waiting.add(exchange);
  }

  /** Takes back a request that was not sent; does nothing for one that was. */
  withdraw(exchange: SentExchange): void {
    if (this.#waiting.delete(exchange)) this.release(exchange);
  }

  /** Empties the queue: what waited, in order, and still counted. */
  takeAll(): readonly SentExchange[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }
}
