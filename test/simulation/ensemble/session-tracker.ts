/**
 * The leader's account of when sessions run out, in buckets of one tick.
 * Source: ExpiryQueue.java:53-54, 87.
 */
export class SessionTracker {
  readonly #tickMs: number;
  readonly #expiries = new Map<bigint, number>();
  /** The server at which a session was opened or resumed last. */
  readonly owners = new Map<bigint, number>();

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  add(session: bigint, timeoutMs: number, now: number): void {
    this.#expiries.set(session, this.bucketEndAfter(now + timeoutMs));
  }

  /**
   * The session showed life; one that is already running out stays dead. What is left of its life
   * becomes shorter when the timeout did.
   */
  touch(session: bigint, timeoutMs: number, now: number): boolean {
    if (!this.#expiries.has(session)) return false;
    this.add(session, timeoutMs, now);
    return true;
  }

  /** Removes and names the sessions that have run out. */
  expired(now: number): readonly bigint[] {
    const over = [...this.#expiries].filter(([, at]) => at <= now).map(([session]) => session);
    for (const session of over) this.remove(session);
    return over;
  }

  remove(session: bigint): void {
    this.#expiries.delete(session);
    this.owners.delete(session);
  }

  /** When the bucket that `at` lies in is over. */
  bucketEndAfter(at: number): number {
    return (Math.floor(at / this.#tickMs) + 1) * this.#tickMs;
  }
}
