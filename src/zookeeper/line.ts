import type { ReplicaId } from "../election/coordinator.ts";
import type { ZooKeeperClient } from "./client.ts";
import { ZooKeeperError } from "./errors.ts";
import type { Layout } from "./layout.ts";
import { refusalOf } from "./refusals.ts";

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
  readonly #layout: Layout;
  readonly #replica: ReplicaId;
  readonly #data: () => Uint8Array;
  #entry: string | undefined;
  /** A create was sent whose answer we have not had. */
  #mayHaveEntry = false;

  /** @param data makes what the entry says about us */
  constructor(client: ZooKeeperClient, layout: Layout, replica: ReplicaId, data: () => Uint8Array) {
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

  /**
   * Where we stand; joins the line at its end first when we are not in it. Undefined when the line
   * does not show the entry that we made, which only a meddler's hand explains.
   * @param leader who leads, if known: the leader stands in line too, but nobody waits behind it
   */
  async place(leader: ReplicaId | undefined, signal: AbortSignal): Promise<Place | undefined> {
    for (let round = 0; round < roundsPerPlace; round += 1) {
      if (this.#entry === undefined) await this.#join(signal);
      const place = await this.look(signal, leader);
      if (place !== undefined) return place;
      this.#entry = undefined;
    }
    return undefined;
  }

  /** Where we stand, without joining: undefined when the line does not show an entry of ours. */
  async look(signal: AbortSignal, leader?: ReplicaId): Promise<Place | undefined> {
    const children = await this.#children(signal);
    const line = children.toSorted((one, other) => sequenceOf(one) - sequenceOf(other));
    const own = line.findIndex((name) => this.#pathOf(name) === this.#entry);
    if (own === -1) return undefined;
    const ahead = line.slice(0, own).filter((name) => replicaOf(name) !== leader);
    const predecessor = ahead.at(-1);
    return {
      position: own,
      size: line.length,
      candidates: line.slice(0, candidatesTold).map((name) => replicaOf(name) as ReplicaId),
      predecessor: predecessor === undefined ? undefined : this.#pathOf(predecessor),
    };
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
    this.#entry ??= await this.#ownEntry(signal);
    this.#mayHaveEntry = false;
  }

  async #join(signal: AbortSignal): Promise<void> {
    await this.#recover(signal);
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

  /** The entry that our session owns, if a create whose reply was lost has made one. */
  async #ownEntry(signal: AbortSignal): Promise<string | undefined> {
    const children = await this.#children(signal);
    for (const name of children.filter((child) => replicaOf(child) === this.#replica)) {
      const path = this.#pathOf(name);
      const { stat } = await this.#client.exists(path, { signal });
      if (stat?.ephemeralOwner === this.#client.sessionId) return path;
    }
    return undefined;
  }

  #pathOf(name: string): string {
    return `${this.#layout.replicas}/${name}`;
  }

  async #children(signal: AbortSignal): Promise<readonly string[]> {
    try {
      return (await this.#client.getChildren(this.#layout.replicas, { signal })).children;
    } catch (error) {
      if (error instanceof ZooKeeperError && error.code === "no-node") return [];
      throw error;
    }
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
    if (error instanceof ZooKeeperError && refusalOf(error) !== undefined) return undefined;
    throw error;
  }
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
