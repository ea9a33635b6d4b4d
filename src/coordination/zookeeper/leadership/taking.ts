import type { Attempt, Epoch, ReplicaInfo } from "../../../election/ports/coordinator.ts";
import { leaseDurationMs, waitingOutMs } from "../lease-timing.ts";
import type { Observer } from "../../../election/ports/observer.ts";
import { type Instant, later, remainingMs, type Scheduler } from "../../../base/scheduler.ts";
import { Scope } from "../../../base/scope.ts";
import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { MultiError, ZooKeeperError } from "../../../zookeeper/errors.ts";
import type { Layout } from "./layout.ts";
import type { LeaderWatch } from "./leader-watch.ts";
import { ZooKeeperLeadership } from "./leadership.ts";
import type { Line } from "./line.ts";
import type { MultiOperation, MultiResult } from "../../../zookeeper/multi.ts";
import { decodeReplica, encodeReplica, encodeTerm } from "./records.ts";
import { type FoundTerm, readTerm } from "./term.ts";
import type { ForeseenTerm } from "./term-watch.ts";

/** How long an attempt out of turn leaves to those before us, and up to twice as long. */
const courtesyMs = 100;
/** Where the operations of a taking stand in their multi. */
const nodeIndex = 0;
const entryIndex = 2;

export interface TakingTools {
  readonly client: ZooKeeperClient;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly layout: Layout;
  readonly line: Line;
  readonly leaderWatch: LeaderWatch;
  /** What the leader node and the line say about us, as of now. */
  readonly describe: () => ReplicaInfo;
  /** Hears of the leadership as soon as it exists, which is before it may act. */
  readonly began: (leadership: ZooKeeperLeadership) => void;
}

/** What a taking goes by. */
interface Ground {
  /** The version of the term that it replaces; undefined when there is none. */
  readonly version: number | undefined;
  /** No earlier leadership may act for longer after its last renewal: 0 when it was released. */
  readonly leaseMs: number;
  /** What the replaced term says. */
  readonly term: () => Promise<FoundTerm>;
}

/**
 * One try to take leadership: read first, create only when nobody leads, because even a create
 * that fails costs a commit and a log entry on every server.
 * Undefined when the records changed under the try, so that it is worth another.
 */
export async function tryToTake(
  tools: TakingTools,
  manners: "at once" | "in line",
  signal: AbortSignal,
): Promise<Attempt | undefined> {
  const [leader, { term }, goesFirst] = await Promise.all([
    tools.leaderWatch.read(signal),
    readTerm(tools.client, tools.layout.term, { signal }),
    manners === "at once" ? true : tools.line.isOurs(signal),
  ]);
  if (leader === undefined && !goesFirst) return await letOthersGoFirst(tools, signal);
  if (leader === undefined) return await take(tools, groundOf(tools, term), signal);
  const epoch = leader.stat.czxid as Epoch;
  if (leader.stat.ephemeralOwner === tools.client.sessionId) {
    return await adopt(tools, epoch, leader.stat.version, term, signal);
  }
  if (leader.stat.ephemeralOwner === 0n) {
    const detail = `${tools.layout.leader} is not ephemeral, so nobody leads; delete it by hand`;
    tools.observer.observe({ kind: "notice", level: "warn", detail });
  }
  return { kind: "led", leader: decodeReplica(leader.data), epoch };
}

/**
 * The same without reading first, for whoever has watched both the leader node, which is gone, and
 * the term. Undefined when something else has happened since, so that it is to be read.
 */
export async function takeAsForeseen(
  tools: TakingTools,
  foreseen: ForeseenTerm,
  signal: AbortSignal,
): Promise<Attempt | undefined> {
  const { leaseMs, version, epoch } = foreseen;
  // A longer lease than ours, and a place in line that is not known, take further steps.
  if (leaseMs > leaseDurationMs(tools.client.sessionTimeoutMs)) return undefined;
  if (tools.line.entry === undefined) return undefined;
  const term = async (): Promise<FoundTerm> => {
    const found = await foreseen.found;
    if (found?.version === version) return found;
    return { record: { state: "held", leaseMs }, version, epoch };
  };
  return await take(tools, { version, leaseMs, term }, signal);
}

function groundOf(tools: TakingTools, term: FoundTerm): Ground {
  const leaseMs = runningLeaseMs(tools, term);
  return { version: term.version, leaseMs, term: () => Promise.resolve(term) };
}

/**
 * Nobody leads, and others stand before us: most likely the first of them is just taking over. An
 * attempt that comes by chance at this very moment must not jump the line.
 */
async function letOthersGoFirst(tools: TakingTools, signal: AbortSignal): Promise<undefined> {
  const { scheduler } = tools;
  await scheduler.sleep(courtesyMs * (1 + scheduler.random()), signal);
  return undefined;
}

/** Zxids begin at 1. Whatever counts otherwise would break the order of all leaders. */
function impossibleEpoch(epoch: bigint): Attempt {
  const detail = `the server gave the epoch ${epoch}, which no commit can have`;
  return { kind: "failed", failure: { resource: "coordinator", code: "rejected", detail } };
}

async function take(
  tools: TakingTools,
  ground: Ground,
  signal: AbortSignal,
): Promise<Attempt | undefined> {
  const { scheduler, line, layout } = tools;
  await line.settle(signal);
  const data = encodeReplica(tools.describe());
  const suspendedMs = scheduler.suspendedMs();
  const sentAt = scheduler.now();
  try {
    const [, held, entry] = await multiWithOrWithoutLine(tools, ground, data, signal);
    if (entry?.kind === "created") line.adopt(entry.path);
    // A term that had to be created has no Stat in the reply: then the next try reads it.
    if (held?.kind !== "set") return undefined;
    if (held.stat.mzxid <= 0n) return impossibleEpoch(held.stat.mzxid);
    const leadership = new ZooKeeperLeadership(tools, {
      // All parts of a multi have one zxid: the term's mzxid is the leader node's czxid.
      epoch: held.stat.mzxid as Epoch,
      data,
      version: 0,
      termVersion: held.stat.version,
      sentAt,
      suspendedMs,
    });
    return await waitOut(tools, leadership, await ground.term(), signal);
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error;
    if (error instanceof MultiError && error.index === nodeIndex && error.code === "no-node") {
      const detail = `${layout.base} is gone`;
      return {
        kind: "failed",
        failure: { resource: "coordinator", code: "records-missing", detail },
      };
    }
    if (["node-exists", "bad-version", "no-node"].includes(error.code)) return undefined;
    throw error;
  }
}

/** The line is a convenience: where its part of the commit is refused, the rest goes without. */
async function multiWithOrWithoutLine(
  tools: TakingTools,
  ground: Ground,
  data: Uint8Array,
  signal: AbortSignal,
): Promise<readonly MultiResult[]> {
  const operations = takingOperations(tools, ground, data);
  try {
    return await tools.client.multi(operations, { signal });
  } catch (error) {
    if (!(error instanceof MultiError) || error.index !== entryIndex) throw error;
    tools.line.adopt(undefined);
    return await tools.client.multi(operations.slice(0, entryIndex), { signal });
  }
}

/**
 * The one commit of taking over. What is written into `term` is the longer of our lease and the
 * lease that may still be running: should we go while waiting that one out, our successor must
 * wait for it too.
 */
function takingOperations(
  tools: TakingTools,
  ground: Ground,
  data: Uint8Array,
): readonly MultiOperation[] {
  const { client, layout, line } = tools;
  const ownLeaseMs = leaseDurationMs(client.sessionTimeoutMs);
  const leaseMs = Math.max(ownLeaseMs, ground.leaseMs);
  const held = encodeTerm({ state: "held", leaseMs });
  return [
    { kind: "create", path: layout.leader, data, mode: "ephemeral" },
    ground.version === undefined
      ? { kind: "create", path: layout.term, data: held, mode: "persistent" }
      : { kind: "set", path: layout.term, data: held, version: ground.version },
    // The replica behind us watches our entry: its change says that we lead now.
    line.entry === undefined
      ? { kind: "create", path: line.entryPrefix, data, mode: "ephemeral-sequential" }
      : { kind: "set", path: line.entry, data, version: -1 },
  ];
}

/**
 * The node is ours, though we do not know of it: the reply to an earlier taking was lost. The
 * lease starts with a renewal, and a predecessor's lease is waited out as if it had just begun.
 */
async function adopt(
  tools: TakingTools,
  epoch: Epoch,
  version: number,
  term: FoundTerm,
  signal: AbortSignal,
): Promise<Attempt | undefined> {
  const { client, scheduler, layout } = tools;
  if (term.version === undefined || term.epoch !== epoch) {
    const detail = "the leader node is ours, but its term is not: a session owns one epoch";
    return {
      kind: "failed",
      failure: { resource: "coordinator", code: "leadership-lost", detail },
    };
  }
  if (epoch <= 0n) return impossibleEpoch(epoch);
  await tools.line.recover(signal);
  const data = encodeReplica(tools.describe());
  const suspendedMs = scheduler.suspendedMs();
  const sentAt = scheduler.now();
  try {
    const stat = await client.setData(layout.leader, data, { version, signal });
    if (stat.czxid !== epoch || stat.ephemeralOwner !== client.sessionId) return undefined;
    const leadership = new ZooKeeperLeadership(tools, {
      epoch,
      data,
      version: stat.version,
      termVersion: term.version,
      sentAt,
      suspendedMs,
    });
    return await waitOut(tools, leadership, term, signal);
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error;
    if (["no-node", "bad-version"].includes(error.code)) return undefined;
    throw error;
  }
}

/**
 * Waits until no earlier leadership can act any more; our own lease is renewed meanwhile.
 *
 * A predecessor that released leadership acts no more. One that did not may act until its lease,
 * counted from its last renewal, is over. Where that renewal was seen, and seen to be the last, we
 * count from there; otherwise from now, as none can have been committed after our own taking.
 */
async function waitOut(
  tools: TakingTools,
  leadership: ZooKeeperLeadership,
  term: FoundTerm,
  signal: AbortSignal,
): Promise<Attempt> {
  const { scheduler, observer, leaderWatch } = tools;
  tools.began(leadership);
  const leaseMs = runningLeaseMs(tools, term);
  const seenAt = leaderWatch.lastRenewalOf(term.epoch);
  const freeAt: Instant = later(
    seenAt ?? scheduler.now(),
    waitingOutMs(leaseMs, scheduler.slewShare),
  );
  const waitMs = leaseMs === 0 ? 0 : remainingMs(scheduler, freeAt);
  if (waitMs > 0) {
    const { epoch } = leadership;
    observer.observe({ kind: "waiting-out", epoch, waitMs, observed: seenAt !== undefined });
    using waiting = new Scope(signal, leadership.lost.signal);
    while (!waiting.signal.aborted && remainingMs(scheduler, freeAt) > 0) {
      await scheduler.sleep(remainingMs(scheduler, freeAt), waiting.signal);
    }
    const { failure } = leadership.lost;
    if (failure !== undefined) return { kind: "failed", failure };
    if (!signal.aborted && leaseMs > leaseDurationMs(tools.client.sessionTimeoutMs)) {
      await leadership.restateLease(waiting.signal);
    }
    if (signal.aborted) {
      // It never acted, but its predecessor may: so nothing is released, and our session's end
      // leaves `held` behind for the next taker.
      leadership.abandon();
      return { kind: "undecided", detail: "stopped while waiting for the last lease to end" };
    }
  }
  return { kind: "won", leadership };
}

/** For how long after its last renewal an earlier leadership may act: 0 when it was released. */
function runningLeaseMs(tools: TakingTools, term: FoundTerm): number {
  if (term.record?.state === "released") return 0;
  return term.record?.leaseMs ?? leaseDurationMs(tools.client.sessionTimeoutMs);
}
