import type { Scheduler } from "../../base/scheduler.ts";
import type { ServerAddress } from "../connection-string.ts";

/** The pause after the first round over all servers that came to nothing. */
const firstBackOffMs = 50;
const longestBackOffMs = 1_000;

/** The order in which the servers are tried, and the pace. */
export class HostRotation {
  readonly #servers: readonly ServerAddress[];
  readonly #scheduler: Scheduler;
  #next = 0;
  /** Failures in a row since a connection lasted. */
  #failures = 0;

  /** Shuffles once, so that many clients with one configuration spread over the servers. */
  constructor(servers: readonly ServerAddress[], scheduler: Scheduler) {
    this.#servers = shuffled(servers, scheduler);
    this.#scheduler = scheduler;
  }

  /** The server to try now: never the one tried last, where there is another. */
  next(): ServerAddress {
    const server = this.#servers[this.#next % this.#servers.length];
    if (server === undefined) throw new Error("a rotation needs at least one server");
    this.#next = (this.#next + 1) % this.#servers.length;
    return server;
  }

  /** A server was tried in vain, or its connection did not last. */
  failed(): void {
    this.#failures += 1;
  }

  /** Whether the last failure completed a round over all servers. */
  get roundIsOver(): boolean {
    return this.#failures > 0 && this.#failures % this.#servers.length === 0;
  }

  /** A connection lasted: the next failure starts from the beginning. */
  lasted(): void {
    this.#failures = 0;
  }

  /**
   * How long to wait before `next`: not at all within a round, so that one dead server costs
   * nothing; after a whole round without success twice as long each time, up to a second or a
   * tenth of the session, because a server that comes back within the session must be found.
   */
  backOffMs(sessionTimeoutMs: number): number {
    if (!this.roundIsOver) return 0;
    const longest = Math.min(longestBackOffMs, Math.max(firstBackOffMs, sessionTimeoutMs / 10));
    const full = Math.min(longest, firstBackOffMs * 2 ** (this.#rounds - 1));
    // At least half of it, and by chance up to all: clients that failed together come back apart.
    return full * (0.5 + this.#scheduler.random() / 2);
  }

  /**
   * How long one attempt may take, up to the server's answer. At first short, so that one silent
   * server of several leaves time for the others within the session; longer with each round, so
   * that slow servers are reached in the end.
   */
  attemptLimitMs(sessionTimeoutMs: number): number {
    const third = sessionTimeoutMs / 3;
    const first = Math.max(third / this.#servers.length, Math.min(1_000, third));
    return Math.min((sessionTimeoutMs * 2) / 3, first * 2 ** this.#rounds);
  }

  get #rounds(): number {
    // Bounded, because a power of two is made of it.
    return Math.min(20, Math.floor(this.#failures / this.#servers.length));
  }
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], scheduler: Scheduler): readonly T[] {
  const rest = [...items];
  const result: T[] = [];
  while (rest.length > 0) {
    result.push(...rest.splice(Math.floor(scheduler.random() * rest.length), 1));
  }
  return result;
}
