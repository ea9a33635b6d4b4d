import type { Epoch } from "../../../election/ports/coordinator.ts";
import type { ReadOptions } from "../../../zookeeper/client-options.ts";
import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { missingIsUndefined, ZooKeeperError } from "../../../zookeeper/errors.ts";
import type { WatchEvent } from "../../../zookeeper/watch/watches.ts";
import type { LeaderWatch } from "./leader-watch.ts";
import { decodeLeaseNote, epochOfLeaseNote, type LeaseNote } from "./records.ts";

/** The lease note as it was read. */
export interface FoundLeaseNote {
  /** Undefined when the node is missing or damaged: then the worst is assumed. */
  readonly note: LeaseNote | undefined;
  /** The node's version; undefined when there is no such node. */
  readonly version: number | undefined;
  /** The leadership that the note is about; undefined when there is no such node. */
  readonly epoch: Epoch | undefined;
}

/** Reads the lease note at `path`. Its watch is set where one was asked for and the node exists. */
export async function readLeaseNote(
  client: ZooKeeperClient,
  path: string,
  options: ReadOptions = {},
): Promise<{
  readonly found: FoundLeaseNote;
  readonly watch: Promise<WatchEvent> | undefined;
}> {
  const node = await missingIsUndefined(client.getData(path, options));
  if (node === undefined) {
    const found = { note: undefined, version: undefined, epoch: undefined };
    return { found, watch: undefined };
  }
  const note = decodeLeaseNote(node.data);
  const epoch = epochOfLeaseNote(note, node.stat.mzxid);
  return { found: { note, version: node.stat.version, epoch }, watch: node.watch };
}

/**
 * A lease note that was not read: it follows from the note before, which was read, and from the
 * changes that were watched since. A taking that names `version` replaces this note or is refused.
 */
export interface ForeseenLeaseNote {
  readonly version: number;
  /** The leadership that the note is about. */
  readonly epoch: Epoch;
  /** The lease of that leadership, in milliseconds: the note asks to wait for no longer one. */
  readonly leaseMs: number;
  /** The note as it is read meanwhile; undefined where that fails. Never rejects. */
  readonly found: Promise<FoundLeaseNote | undefined>;
}

/**
 * Watches the lease note as the first in line does, so that it can take over without reading first.
 *
 * It rests on the order in which a session hears of changes:
 *
 * - Giving leadership up changes the note and removes the leader node, in this order and in one
 *   commit. So the change of the note is heard first, and the note is read at once. Its version is
 *   the next one. The answer comes ahead of the answer to the taking, which is sent behind it.
 * - Taking leadership changes the note as well, but only where there is no leader node. So that
 *   change is heard behind the end of the leader node before it. Nothing is foreseen of it.
 */
export class LeaseNoteWatch {
  readonly #client: ZooKeeperClient;
  readonly #path: string;
  readonly #leaderWatch: LeaderWatch;
  #foreseen: ForeseenLeaseNote | undefined;

  /** @param leaderWatch watches the leader node by the same session */
  constructor(client: ZooKeeperClient, path: string, leaderWatch: LeaderWatch) {
    this.#client = client;
    this.#path = path;
    this.#leaderWatch = leaderWatch;
  }

  /** Undefined while nothing is known for sure. */
  get foreseen(): ForeseenLeaseNote | undefined {
    return this.#foreseen;
  }

  /** Keeps `foreseen` up to date until `signal` aborts; then it stays as it is. */
  async follow(signal: AbortSignal): Promise<void> {
    this.#foreseen = undefined;
    try {
      while (await this.#untilChanged(signal));
    } catch (error) {
      // Without it a taking reads first: that takes longer, and is as safe.
      if (!(error instanceof ZooKeeperError)) throw error;
    }
  }

  /** Waits for one change of the note. False when there is nothing to go on with. */
  async #untilChanged(signal: AbortSignal): Promise<boolean> {
    const options = { signal, watch: signal };
    const { found, watch } = await readLeaseNote(this.#client, this.#path, options);
    const { note, version, epoch } = found;
    if (watch === undefined || version === undefined || epoch === undefined) return false;
    // As long as somebody leads it is held. Otherwise the change to that is what we wait for.
    const held = note?.state === "held" ? { version, epoch, leaseMs: note.leaseMs } : undefined;
    this.#foreseen = held && { ...held, found: Promise.resolve(found) };
    const event = await watch;
    if (signal.aborted) return false;
    this.#foreseen = undefined;
    if (event.kind !== "changed" || !event.unbroken || held === undefined) return true;
    // Its holder is gone: this is what somebody else wrote, who may ask to wait for longer.
    if (this.#leaderWatch.lastRenewalOf(held.epoch) !== undefined) return true;
    const reading = this.#readAgain();
    this.#foreseen = { ...held, version: version + 1, found: reading };
    await reading;
    return !signal.aborted;
  }

  /** Reads the note without a signal: the very change that it is read for ends the following. */
  async #readAgain(): Promise<FoundLeaseNote | undefined> {
    try {
      return (await readLeaseNote(this.#client, this.#path)).found;
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      return undefined;
    }
  }
}
