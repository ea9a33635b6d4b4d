import type { Attempt, Call, Epoch, ReplicaInfo } from "../../../election/ports/coordinator.ts";
import { leaseDurationMs, waitingOutMs } from "../lease-timing.ts";
import type { Observer } from "../../../election/ports/observer.ts";
import { type Instant, later, remainingMs, type Scheduler } from "../../../base/scheduler.ts";
import { Scope } from "../../../base/scope.ts";
import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { MultiError, ZooKeeperError } from "../../../zookeeper/errors.ts";
import type { RecordLayout } from "./layout.ts";
import type { LeaderWatch } from "./leader-watch.ts";
import { type Taking, ZooKeeperLeadership } from "./leadership.ts";
import { type FoundLeaseNote, type ForeseenLeaseNote, readLeaseNote } from "./lease-note-watch.ts";
import type { Line } from "./line.ts";
import type { MultiOperation, MultiResult } from "../../../zookeeper/multi.ts";
import type { Stat } from "../../../zookeeper/protocol/records.ts";
import { decodeReplica, encodeLeaseNote, encodeReplica } from "./records.ts";

/** How long an attempt out of turn leaves to those before us, and up to twice as long. */
const courtesyMs = 100;
/** Where the leader node and our entry in the line stand in the commit of a taking. */
const nodeIndex = 0;
const entryIndex = 2;

interface TakerTools {
  readonly client: ZooKeeperClient;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly layout: RecordLayout;
  readonly line: Line;
  readonly leaderWatch: LeaderWatch;
  /** What the leader node and the line say about us, as of now. */
  readonly describe: () => ReplicaInfo;
}

/** It is our turn. The call foresees the lease note where that was watched to its leader's end. */
export class CallUp implements Call {
  readonly isOurTurn = true;
  readonly foreseen: ForeseenLeaseNote | undefined;

  constructor(foreseen: ForeseenLeaseNote | undefined) {
    this.foreseen = foreseen;
  }
}

/** The lease note that a taking replaces. */
interface ReplacedNote {
  /** The node's version; undefined when there is no such node. */
  readonly version: number | undefined;
  /** No earlier leadership may act for longer after its last renewal: 0 when it was released. */
  readonly leaseMs: number;
  /** What the note says: asked once the taking has replaced it. */
  readonly found: () => Promise<FoundLeaseNote>;
}

/**
 * Takes leadership for one session: one commit creates the leader node and says in the lease note
 * that leadership is held. It reads first and creates only when nobody leads, because even a create
 * that fails costs a commit and a log entry on every server.
 */
export class Taker {
  readonly #tools: TakerTools;
  #leadership: ZooKeeperLeadership | undefined;

  constructor(tools: TakerTools) {
    this.#tools = tools;
  }

  /** The leadership that was taken last, from its commit on: it may not act yet. */
  get leadership(): ZooKeeperLeadership | undefined {
    return this.#leadership;
  }

  /**
   * Tries once to take leadership. Undefined when the records changed under the try, so that it is
   * worth another.
   * @param isOurTurn whether it need not be asked who stands before us in the line
   */
  async tryToTake(isOurTurn: boolean, signal: AbortSignal): Promise<Attempt | undefined> {
    const { client, observer, layout, line, leaderWatch } = this.#tools;
    const [leader, { found }, goesFirst] = await Promise.all([
      leaderWatch.read(signal),
      readLeaseNote(client, layout.leaseNote, { signal }),
      isOurTurn ? true : line.isOurs(signal),
    ]);
    if (leader === undefined && !goesFirst) return await this.#letOthersGoFirst(signal);
    if (leader === undefined) return await this.#take(this.#replaced(found), signal);
    if (leader.stat.ephemeralOwner === client.sessionId) {
      return await this.#adopt(leader.stat, found, signal);
    }
    if (leader.stat.ephemeralOwner === 0n) {
      const detail = `${layout.leader} is not ephemeral, so nobody leads; delete it by hand`;
      observer.observe({ kind: "notice", level: "warn", detail });
    }
    const epoch = leader.stat.czxid as Epoch;
    return { kind: "led", leader: decodeReplica(leader.data), epoch };
  }

  /**
   * Tries once to take leadership by what was watched, without reading first. Undefined when
   * something else has happened since, or more than one step is needed, so that it is to be read.
   */
  async takeAsForeseen(
    foreseen: ForeseenLeaseNote,
    signal: AbortSignal,
  ): Promise<Attempt | undefined> {
    const { client, line } = this.#tools;
    const { leaseMs, version, epoch } = foreseen;
    // A longer lease than ours, and a place in line that is not known, take further steps.
    if (leaseMs > leaseDurationMs(client.sessionTimeoutMs)) return undefined;
    if (line.entry === undefined) return undefined;
    const foundNote = async (): Promise<FoundLeaseNote> => {
      const found = await foreseen.found;
      if (found?.version === version) return found;
      return { note: { state: "held", leaseMs }, version, epoch };
    };
    return await this.#take({ version, leaseMs, found: foundNote }, signal);
  }

  #replaced(found: FoundLeaseNote): ReplacedNote {
    const leaseMs = this.#runningLeaseMs(found);
    return { version: found.version, leaseMs, found: () => Promise.resolve(found) };
  }

  /** For how long after its last renewal an earlier leadership may act: 0 when it was released. */
  #runningLeaseMs({ note }: FoundLeaseNote): number {
    if (note?.state === "released") return 0;
    return note?.leaseMs ?? leaseDurationMs(this.#tools.client.sessionTimeoutMs);
  }

  /**
   * Waits a moment for those before us in the line: nobody leads, so the first of them is most
   * likely taking over. An attempt that comes by chance at this moment must not jump the line.
   */
  async #letOthersGoFirst(signal: AbortSignal): Promise<undefined> {
    const { scheduler } = this.#tools;
    await scheduler.sleep(courtesyMs * (1 + scheduler.random()), signal);
    return undefined;
  }

  async #take(replaced: ReplacedNote, signal: AbortSignal): Promise<Attempt | undefined> {
    const { scheduler, line, layout } = this.#tools;
    await line.settle(signal);
    const data = encodeReplica(this.#tools.describe());
    const suspendedMs = scheduler.suspendedMs();
    const sentAt = scheduler.now();
    try {
      const [, held, entry] = await this.#commitWithOrWithoutLine(replaced, data, signal);
      if (entry?.kind === "created") line.adopt(entry.path);
      // A note that had to be created has no Stat in the reply: then the next try reads it.
      if (held?.kind !== "set") return undefined;
      if (held.stat.mzxid <= 0n) return impossibleEpoch(held.stat.mzxid);
      const leadership = this.#begin({
        // All parts of a commit have one zxid: the note's mzxid is the leader node's czxid.
        epoch: held.stat.mzxid as Epoch,
        data,
        version: 0,
        noteVersion: held.stat.version,
        sentAt,
        suspendedMs,
      });
      return await this.#waitOut(leadership, await replaced.found(), signal);
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      if (error instanceof MultiError && error.index === nodeIndex && error.code === "no-node") {
        return failed("records-missing", `${layout.base} is gone`);
      }
      if (["node-exists", "bad-version", "no-node"].includes(error.code)) return undefined;
      throw error;
    }
  }

  /** The line is a convenience: where its part of the commit is refused, the rest goes without. */
  async #commitWithOrWithoutLine(
    replaced: ReplacedNote,
    data: Uint8Array,
    signal: AbortSignal,
  ): Promise<readonly MultiResult[]> {
    const { client, line } = this.#tools;
    const operations = this.#takingOperations(replaced, data);
    try {
      return await client.multi(operations, { signal });
    } catch (error) {
      if (!(error instanceof MultiError) || error.index !== entryIndex) throw error;
      line.adopt(undefined);
      return await client.multi(operations.slice(0, entryIndex), { signal });
    }
  }

  /**
   * The one commit of a taking. The lease note is given the longer of our lease and the lease that
   * may still be running: should we go while waiting that one out, our successor must wait for it.
   */
  #takingOperations(replaced: ReplacedNote, data: Uint8Array): readonly MultiOperation[] {
    const { client, layout, line } = this.#tools;
    const ownLeaseMs = leaseDurationMs(client.sessionTimeoutMs);
    const leaseMs = Math.max(ownLeaseMs, replaced.leaseMs);
    const held = encodeLeaseNote({ state: "held", leaseMs });
    return [
      { kind: "create", path: layout.leader, data, mode: "ephemeral" },
      replaced.version === undefined
        ? { kind: "create", path: layout.leaseNote, data: held, mode: "persistent" }
        : { kind: "set", path: layout.leaseNote, data: held, version: replaced.version },
      // The replica behind us watches our entry: its change says that we lead now.
      line.entry === undefined
        ? { kind: "create", path: line.entryPrefix, data, mode: "ephemeral-sequential" }
        : { kind: "set", path: line.entry, data },
    ];
  }

  /**
   * Takes up a leader node that is ours although we do not know of it: the reply to an earlier
   * taking was lost. The lease starts with a renewal, and a predecessor's lease is waited out as if
   * it had just begun.
   */
  async #adopt(
    node: Stat,
    found: FoundLeaseNote,
    signal: AbortSignal,
  ): Promise<Attempt | undefined> {
    const { client, scheduler, layout, line } = this.#tools;
    const epoch = node.czxid as Epoch;
    if (found.version === undefined || found.epoch !== epoch) {
      const detail = "the leader node is ours, but its term is not: a session owns one epoch";
      return failed("leadership-lost", detail);
    }
    if (epoch <= 0n) return impossibleEpoch(epoch);
    await line.recover(signal);
    const data = encodeReplica(this.#tools.describe());
    const suspendedMs = scheduler.suspendedMs();
    const sentAt = scheduler.now();
    try {
      const { version } = node;
      const stat = await client.setData(layout.leader, data, { version, signal });
      if (stat.czxid !== epoch || stat.ephemeralOwner !== client.sessionId) return undefined;
      const noteVersion = found.version;
      const taking = { epoch, data, version: stat.version, noteVersion, sentAt, suspendedMs };
      return await this.#waitOut(this.#begin(taking), found, signal);
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      if (["no-node", "bad-version"].includes(error.code)) return undefined;
      throw error;
    }
  }

  #begin(taking: Taking): ZooKeeperLeadership {
    const leadership = new ZooKeeperLeadership(this.#tools, taking);
    this.#leadership = leadership;
    return leadership;
  }

  /**
   * Waits until no earlier leadership can act any more; our own lease is renewed meanwhile.
   *
   * A predecessor that released leadership acts no more. One that did not may act until its lease,
   * counted from its last renewal, is over. Where that renewal was seen, and seen to be the last,
   * we count from there; otherwise from now, as none can have been committed after our own taking.
   */
  async #waitOut(
    leadership: ZooKeeperLeadership,
    replaced: FoundLeaseNote,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const { client, scheduler, observer, leaderWatch } = this.#tools;
    const leaseMs = this.#runningLeaseMs(replaced);
    const seenAt = leaderWatch.lastRenewalOf(replaced.epoch);
    const waitMostMs = waitingOutMs(leaseMs, scheduler.slewShare);
    const freeAt: Instant = later(seenAt ?? scheduler.now(), waitMostMs);
    const waitMs = leaseMs === 0 ? 0 : remainingMs(scheduler, freeAt);
    if (waitMs === 0) return { kind: "won", leadership };
    const { epoch } = leadership;
    observer.observe({ kind: "waiting-out", epoch, waitMs, observed: seenAt !== undefined });
    using waiting = new Scope(signal, leadership.lost.signal);
    while (!waiting.signal.aborted && remainingMs(scheduler, freeAt) > 0) {
      await scheduler.sleep(remainingMs(scheduler, freeAt), waiting.signal);
    }
    const { failure } = leadership.lost;
    if (failure !== undefined) return { kind: "failed", failure };
    if (!signal.aborted && leaseMs > leaseDurationMs(client.sessionTimeoutMs)) {
      await leadership.restateLease(waiting.signal);
    }
    if (!signal.aborted) return { kind: "won", leadership };
    // It never acted, but its predecessor may: so nothing is released, and our session's end
    // leaves `held` behind for the next taker.
    leadership.abandon();
    return { kind: "undecided", detail: "stopped while waiting for the last lease to end" };
  }
}

function failed(code: "records-missing" | "leadership-lost" | "rejected", detail: string): Attempt {
  return { kind: "failed", failure: { resource: "coordinator", code, detail } };
}

/** Zxids begin at 1: an epoch that no commit can have would break the order of all leaders. */
function impossibleEpoch(epoch: bigint): Attempt {
  return failed("rejected", `the server gave the epoch ${epoch}, which no commit can have`);
}
