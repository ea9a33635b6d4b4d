import type { Epoch } from "../../../election/ports/coordinator.ts";
import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { ZooKeeperError } from "../../../zookeeper/errors.ts";
import type { LeaderWatch } from "./leader-watch.ts";
import { type FoundTerm, readTerm } from "./term.ts";

/** The term as it must be by what was read of it and watched since. */
export interface ForeseenTerm {
  readonly version: number;
  /** The lease of the leadership that it is about: what it says now asks for no longer one. */
  readonly leaseMs: number;
  /** That leadership. */
  readonly epoch: Epoch;
  /** What it says; never rejects. Undefined where it could not be read. */
  readonly found: Promise<FoundTerm | undefined>;
}

/**
 * Watches `term` as the first in line does, so that it can take over without reading first.
 *
 * Whoever gives leadership up writes `term` before it removes the leader node, in one commit: so
 * the watcher hears of the first change before it hears of the second one, and asks at once what
 * the term says now. That answer comes ahead of the answer to whatever it sends next, and a taking
 * which names the version that the change must have led to replaces exactly what was read.
 *
 * Whoever takes leadership writes `term` too, but only where there is no leader node: that change
 * is told behind the end of the one before, and what it says is not foreseen.
 */
export class TermWatch {
  readonly #client: ZooKeeperClient;
  readonly #path: string;
  readonly #leaderWatch: LeaderWatch;
  #foreseen: ForeseenTerm | undefined;

  /** @param leaderWatch hears of the leader node on the same session */
  constructor(client: ZooKeeperClient, path: string, leaderWatch: LeaderWatch) {
    this.#client = client;
    this.#path = path;
    this.#leaderWatch = leaderWatch;
  }

  /** Undefined while nothing is known for sure. */
  get foreseen(): ForeseenTerm | undefined {
    return this.#foreseen;
  }

  /** Keeps `foreseen` up to date until `signal` aborts; then what it says stays. */
  async follow(signal: AbortSignal): Promise<void> {
    this.#foreseen = undefined;
    try {
      while (await this.#untilChanged(signal));
    } catch (error) {
      // Without it a taking reads first: that takes longer, and is as safe.
      if (!(error instanceof ZooKeeperError)) throw error;
    }
  }

  /** False when there is nothing to go on with. */
  async #untilChanged(signal: AbortSignal): Promise<boolean> {
    const { term, watch } = await readTerm(this.#client, this.#path, { signal, watch: signal });
    const { record, version, epoch } = term;
    if (watch === undefined || version === undefined || epoch === undefined) return false;
    // As long as somebody leads it is held. Otherwise the change to that is what we wait for.
    const before =
      record?.state === "held" ? { version, epoch, leaseMs: record.leaseMs } : undefined;
    this.#foreseen = before && { ...before, found: Promise.resolve(term) };
    const event = await watch;
    if (signal.aborted) return false;
    this.#foreseen = undefined;
    if (event.kind !== "changed" || !event.unbroken || before === undefined) return true;
    // Its holder is gone: this is somebody else's word, and may ask for more.
    if (this.#leaderWatch.lastRenewalOf(before.epoch) !== undefined) return true;
    // It outlives `signal`, which aborts with the very change that this is asked for.
    const found = this.#found();
    this.#foreseen = { ...before, version: version + 1, found };
    await found;
    return !signal.aborted;
  }

  async #found(): Promise<FoundTerm | undefined> {
    try {
      return (await readTerm(this.#client, this.#path)).term;
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      return undefined;
    }
  }
}
