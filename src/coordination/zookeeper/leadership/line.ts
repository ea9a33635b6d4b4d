import type { ReplicaId } from "../../../election/ports/coordinator.ts";
import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { missingIsUndefined, ZooKeeperError } from "../../../zookeeper/errors.ts";
import type { RecordLayout } from "./layout.ts";
import { failureOfRefusal } from "./refusals.ts";

/** How often the line is read until it shows the entry that we made. */
const roundsPerPlace = 3;
/** How many of the line are told by name: people read no more. */
const candidatesTold = 20;

/** Where we stand, who else does, and whom to watch: nobody when we are first behind the leader. */
export interface Place {
  readonly position: number;
  readonly size: number;
  /** The first of the line, the leader among them. */
  readonly candidates: readonly ReplicaId[];
  /** The path of the entry before ours; undefined at the front. */
  readonly predecessor: string | undefined;
}

/**
 * The line of replicas: an ephemeral, sequential node for each, ordered by the number after the
 * last `-`. It only decides who is woken first. A wrong or missing entry costs time, never safety.
 */
export class Line {
  readonly #client: ZooKeeperClient;
  readonly #layout: RecordLayout;
  readonly #replica: ReplicaId;
  readonly #data: () => Uint8Array;
  #entry: string | undefined;
  /** A create was sent whose answer we have not had. */
  #mayHaveEntry = false;
  /** We have given our place up, and not joined since. */
  #hasLeft = false;

  /** @param data makes what the entry says about us */
  constructor(
    client: ZooKeeperClient,
    layout: RecordLayout,
    replica: ReplicaId,
    data: () => Uint8Array,
  ) {
    this.#client = client;
    this.#layout = layout;
    this.#replica = replica;
    this.#data = data;
  }

  /** The path of our entry; undefined while we have none, or do not know it. */
  get entry(): string | undefined {
    return this.#entry;
  }

  /** The path under which the server adds the number of a new entry. */
  get entryPrefix(): string {
    return `${this.#layout.replicas}/${this.#replica}-`;
  }

  /** Takes over an entry that another request made, or forgets one that is gone. */
  adopt(entry: string | undefined): void {
    this.#entry = entry;
  }

  /** Our entry went with what it stood for: we may only come back at the end of the line. */
  leave(): void {
    this.#entry = undefined;
    this.#hasLeft = true;
  }

  /**
   * Where we stand; joins the line at its end first when we are not in it. Undefined when the line
   * does not show the entry that we made, which only a meddler's hand explains.
   * @param leader who leads, if known: the leader stands in line too, but nobody waits behind it
   */
  async place(leader: ReplicaId | undefined, signal: AbortSignal): Promise<Place | undefined> {
    for (let round = 0; round < roundsPerPlace; round += 1) {
      if (this.#entry === undefined) await this.#join(signal);
      const line = await this.#line(signal);
      const place = this.#placeIn(line, leader);
      if (place !== undefined) {
        await unlessRefused(this.#withdrawOthers(line, signal));
        return place;
      }
      this.#entry = undefined;
    }
    return undefined;
  }

  /** Where we stand, without joining: undefined when the line does not show an entry of ours. */
  async look(signal: AbortSignal): Promise<Place | undefined> {
    return this.#placeIn(await this.#line(signal), undefined);
  }

  #placeIn(line: readonly string[], leader: ReplicaId | undefined): Place | undefined {
    const own = line.findIndex((name) => this.#pathOf(name) === this.#entry);
    if (own === -1) return undefined;
    // Nobody waits for itself: an earlier entry of our name is one too many, or a dead process'.
    const passed = new Set<string | undefined>([leader, this.#replica]);
    const predecessor = line.slice(0, own).findLast((name) => !passed.has(replicaOf(name)));
    return {
      position: own,
      size: line.length,
      candidates: line.slice(0, candidatesTold).map((name) => replicaOf(name) as ReplicaId),
      predecessor: predecessor === undefined ? undefined : this.#pathOf(predecessor),
    };
  }

  /**
   * Removes what else our session has in the line. A create without a reply may be executed after
   * we have looked for its entry and joined anew: then the replica behind it would wait for ours.
   */
  async #withdrawOthers(line: readonly string[], signal: AbortSignal): Promise<void> {
    for (const path of await this.#ownEntries(line, signal)) {
      await unlessGone(this.#client.delete(path, { signal }));
    }
  }

  /** Removes what else we have in line: it would put us before those who came while we led. */
  async #withdrawAll(signal: AbortSignal): Promise<void> {
    await unlessRefused(this.#withdrawOthers(await this.#line(signal), signal));
    this.#hasLeft = false;
  }

  /** Whether nobody stands before us, as far as the line can be read. */
  async isOurs(signal: AbortSignal): Promise<boolean> {
    const children = await unlessRefused(this.#children(signal));
    if (children === undefined) return true;
    const own = children.find((name) => this.#pathOf(name) === this.#entry);
    const limit = own === undefined ? Number.POSITIVE_INFINITY : sequenceOf(own);
    return children.every((name) => sequenceOf(name) >= limit || replicaOf(name) === this.#replica);
  }

  /** Finds the entry that a request without a reply may have made, where the line can be read. */
  async recover(signal: AbortSignal): Promise<void> {
    await unlessRefused(this.#recover(signal));
  }

  /** Recovers only when such a request was made: a second entry of ours would be in the way. */
  async settle(signal: AbortSignal): Promise<void> {
    if (this.#mayHaveEntry) await this.recover(signal);
  }

  async #recover(signal: AbortSignal): Promise<void> {
    this.#entry ??= (await this.#ownEntries(await this.#line(signal), signal))[0];
    this.#mayHaveEntry = false;
  }

  async #join(signal: AbortSignal): Promise<void> {
    if (this.#hasLeft) await this.#withdrawAll(signal);
    else await this.#recover(signal);
    if (this.#entry !== undefined) return;
    this.#mayHaveEntry = true;
    try {
      const { path } = await this.#client.create(this.entryPrefix, this.#data(), {
        mode: "ephemeral-sequential",
        signal,
      });
      this.#entry = path;
      this.#mayHaveEntry = false;
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || error.code !== "no-node") throw error;
      await this.#makeParent(signal);
    }
  }

  /** The entries that our session owns, the foremost first. */
  async #ownEntries(line: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const own: string[] = [];
    const named = line.filter((name) => replicaOf(name) === this.#replica);
    for (const path of named.map((name) => this.#pathOf(name))) {
      if (path === this.#entry) continue;
      const { stat } = await this.#client.exists(path, { signal });
      if (stat?.ephemeralOwner === this.#client.sessionId) own.push(path);
    }
    return own;
  }

  #pathOf(name: string): string {
    return `${this.#layout.replicas}/${name}`;
  }

  async #line(signal: AbortSignal): Promise<readonly string[]> {
    return inLineOrder(await this.#children(signal));
  }

  async #children(signal: AbortSignal): Promise<readonly string[]> {
    const reading = this.#client.getChildren(this.#layout.replicas, { signal });
    return (await missingIsUndefined(reading))?.children ?? [];
  }

  async #makeParent(signal: AbortSignal): Promise<void> {
    try {
      await this.#client.create(this.#layout.replicas, new Uint8Array(), { signal });
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || error.code !== "node-exists") throw error;
    }
  }
}

/** The line is a convenience: one that we may not read must not keep us from leading. */
async function unlessRefused<Result>(asking: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof ZooKeeperError && failureOfRefusal(error) !== undefined) return undefined;
    throw error;
  }
}

/** What somebody else has removed meanwhile needs no removal. */
async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!(error instanceof ZooKeeperError) || error.code !== "no-node") throw error;
  }
}

/** The names of entries in the order of the line. */
export function inLineOrder(names: readonly string[]): readonly string[] {
  return names.toSorted((one, other) => sequenceOf(one) - sequenceOf(other));
}

/** The number after the last `-`; names without one come last. */
export function sequenceOf(name: string): number {
  const digits = /-(\d+)$/.exec(name)?.[1];
  return digits === undefined ? Number.POSITIVE_INFINITY : Number(digits);
}

/** The replica that an entry's name names. */
export function replicaOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf("-")));
}
