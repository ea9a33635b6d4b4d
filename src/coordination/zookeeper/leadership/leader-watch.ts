import type { Epoch, ReplicaId, ReplicaInfo } from "../../../election/ports/coordinator.ts";
import type { Instant, Scheduler } from "../../../base/scheduler.ts";
import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { missingIsUndefined } from "../../../zookeeper/errors.ts";
import type { DuplicateId } from "./duplicate-id.ts";
import type { Stat } from "../../../zookeeper/protocol/records.ts";
import { decodeReplica } from "./records.ts";

/** One renewal of a leadership, identified by the version that it gave the leader node. */
interface Renewal {
  readonly epoch: Epoch;
  readonly version: number;
  /** When we had first read it, so certainly after its holder had sent it. */
  readonly seenAt: Instant;
}

interface LeaderWatchTools {
  readonly client: ZooKeeperClient;
  readonly scheduler: Scheduler;
  /** Hears of every leadership that is not ours. */
  readonly duplicateId: DuplicateId;
}

/** Who owns the leader node. `us` means that the reply to a taking of ours was lost. */
export type Owner =
  | { readonly kind: "nobody" }
  | { readonly kind: "us" }
  | { readonly kind: "other"; readonly epoch: Epoch; readonly leader: ReplicaInfo | undefined };

/**
 * Watches the leader node as the first in line does: it is read again after every renewal, so when
 * it goes, the last renewal is known and a part of the holder's lease has passed already.
 */
export class LeaderWatch {
  readonly #client: ZooKeeperClient;
  readonly #scheduler: Scheduler;
  readonly #path: string;
  readonly #own: ReplicaId;
  readonly #duplicateId: DuplicateId;
  /** The newest renewal that was read. */
  #seen: Renewal | undefined;
  /** A leadership's last renewal, proved to be the last: its node was deleted after it. */
  #last: Renewal | undefined;

  /** @param own the name that we go by */
  constructor(tools: LeaderWatchTools, path: string, own: ReplicaId) {
    this.#client = tools.client;
    this.#scheduler = tools.scheduler;
    this.#duplicateId = tools.duplicateId;
    this.#path = path;
    this.#own = own;
  }

  /** When the last renewal of `epoch` was seen, if it is known that it was the last. */
  lastRenewalOf(epoch: Epoch | undefined): Instant | undefined {
    return this.#last?.epoch === epoch ? this.#last?.seenAt : undefined;
  }

  /** Who owns the leader node. */
  async owner(signal: AbortSignal): Promise<Owner> {
    const node = await this.read(signal);
    if (node === undefined) return { kind: "nobody" };
    if (this.#isOurs(node.stat)) return { kind: "us" };
    const epoch = node.stat.czxid as Epoch;
    return { kind: "other", epoch, leader: decodeReplica(node.data) };
  }

  /** Reads the leader node, and looks who goes by our id there. Undefined when there is none. */
  async read(signal: AbortSignal, watch?: AbortSignal) {
    const node = await missingIsUndefined(
      this.#client.getData(this.#path, watch === undefined ? { signal } : { signal, watch }),
    );
    if (node !== undefined && !this.#isOurs(node.stat)) {
      const { sessionTimeoutMs } = this.#client;
      const own = { replica: this.#own, sessionTimeoutMs };
      this.#duplicateId.saw(node.stat, decodeReplica(node.data), own);
    }
    return node;
  }

  /** Resolves once the leader node is gone or ours, or when `signal` aborts. */
  async untilGone(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const node = await this.read(signal, signal);
      if (node === undefined || this.#isOurs(node.stat)) return;
      const renewal = this.#see(node.stat);
      const event = await node.watch;
      // Only a deletion seen on the connection that set the watch proves that there was no renewal
      // in between: after a reconnect, whatever happened in the gap is folded into one event.
      if (event?.kind === "deleted" && event.unbroken) {
        this.#last = renewal;
        return;
      }
    }
  }

  /** Reading the same version of the same node again tells that nothing was renewed in between. */
  #see(stat: Stat): Renewal {
    const epoch = stat.czxid as Epoch;
    if (this.#seen?.epoch !== epoch || this.#seen.version !== stat.version) {
      this.#seen = { epoch, version: stat.version, seenAt: this.#scheduler.now() };
    }
    return this.#seen;
  }

  #isOurs(stat: Stat): boolean {
    return stat.ephemeralOwner === this.#client.sessionId;
  }
}
