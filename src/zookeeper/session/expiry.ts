import type { Instant, Scheduler } from "../../base/scheduler.ts";
import { later } from "../../base/scheduler.ts";
import { Scope } from "../../base/scope.ts";
import { ioTurnMs } from "./deadline.ts";

/**
 * Tells when a session has to be given up without being told so: when no server has answered
 * anything that was sent within the last 4/3 of its timeout. The servers have forgotten it by then,
 * and a client that is cut off, or whose servers were wiped, would never hear of it.
 *
 * The send time of what was answered counts, not the arrival of the answer: after a pause of this
 * process, old answers still lie in the socket and prove nothing about now. A session that was
 * never granted does not expire. Source: ClientCnxn.java:1232-1241.
 */
export class Expiry {
  readonly #scheduler: Scheduler;
  readonly #ended: AbortSignal;
  readonly #expired: (detail: string) => void;
  #timeoutMs: number | undefined;
  /** The send time of the latest thing that was answered; undefined before there is a session. */
  #lastContact: Instant | undefined;
  #nap: Scope | undefined;

  constructor(scheduler: Scheduler, ended: AbortSignal, expired: (detail: string) => void) {
    this.#scheduler = scheduler;
    this.#ended = ended;
    this.#expired = expired;
  }

  /** The timeout granted last: the servers go by it. Undefined before there is a session. */
  get timeoutMs(): number | undefined {
    return this.#timeoutMs;
  }

  /** A server granted the session, or granted it again, in answer to what was sent at `sentAt`. */
  known(sentAt: Instant, timeoutMs: number): void {
    const first = this.#lastContact === undefined;
    this.#timeoutMs = timeoutMs;
    this.answered(sentAt);
    if (first) void this.#watch();
    // Another server may have granted less than what is being slept for.
    else this.#nap?.abort();
  }

  /** A server answered what was sent at `sentAt`. */
  answered(sentAt: Instant): void {
    if (this.#lastContact === undefined || sentAt > this.#lastContact) this.#lastContact = sentAt;
  }

  async #watch(): Promise<void> {
    while (!this.#ended.aborted) {
      const leftMs = this.#leftMs();
      if (leftMs > 0) {
        using nap = new Scope(this.#ended);
        this.#nap = nap;
        await this.#scheduler.sleep(Math.ceil(leftMs), nap.signal);
        continue;
      }
      await this.#scheduler.sleep(ioTurnMs, this.#ended);
      if (this.#leftMs() > 0) continue;
      return this.#expired(
        `no server answered for 4/3 of the session's ${String(this.#timeoutMs)} ms`,
      );
    }
  }

  #leftMs(): number {
    const now = this.#scheduler.now();
    return later(this.#lastContact ?? now, ((this.#timeoutMs ?? 0) * 4) / 3) - now;
  }
}
