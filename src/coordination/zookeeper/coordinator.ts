import type { Coordinator, Opening, ReplicaInfo } from "../../election/ports/coordinator.ts";
import { within } from "../../base/deadline.ts";
import type { Failure } from "../../election/failure.ts";
import type { Observer } from "../../election/ports/observer.ts";
import { aborted, Scope } from "../../base/scope.ts";
import { type Access, openAccess } from "../../zookeeper/access.ts";
import { ZooKeeperClient } from "../../zookeeper/client.ts";
import { ClientObservation } from "./leadership/client-observation.ts";
import { ElectionSession } from "./leadership/election-session.ts";
import { ZooKeeperError } from "../../zookeeper/errors.ts";
import { leaseDurationMs, requestLimitMs } from "./lease-timing.ts";
import type { ServerAccess } from "./server-access.ts";
import { exposureOf } from "./exposed-records.ts";
import { type RecordLayout, layoutBelow, pathsDownTo } from "./leadership/layout.ts";
import { openAcl } from "../../zookeeper/protocol/records.ts";
import { DuplicateId } from "./leadership/duplicate-id.ts";
import { encodeLeaseNote, type LeaseNote } from "./leadership/records.ts";
import { UnclosedSessions } from "./release/unclosed-sessions.ts";
import { failureOfEnd, failureOfRefusal } from "./leadership/refusals.ts";
import type { SessionKey } from "./leadership/session-key.ts";

/** How long closing a session that is of no use may take. */
const closingLimitMs = 500;
/** How long opening waits for unclosed sessions: no client rests longer between its rounds. */
const unclosedLimitMs = 1_000;

export interface CoordinatorOptions extends Omit<ServerAccess, "access"> {
  readonly observer: Observer;
  /** What the leader node and the line say about us, as of now. */
  readonly describe: () => ReplicaInfo;
  /** Nobody, and everybody may change our nodes, without it. */
  readonly access?: Access | undefined;
  /** Keeps the present session's key for the process that comes after our death. Must not throw. */
  readonly keep?: ((key: SessionKey) => void) | undefined;
}

/** Leadership on ZooKeeper: sessions, and the records that they share. */
export class ZooKeeperCoordinator implements Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #layout: RecordLayout;
  /** The clients whose sessions are not over, in the order of their births. */
  readonly #clients = new Set<ZooKeeperClient>();
  readonly #observation = new ClientObservation();
  readonly #duplicateId: DuplicateId;
  readonly #unclosed: UnclosedSessions;
  /** Whether others may change the records is told once. */
  #hasToldExposure = false;
  /** Whether this process has seen the records before: then their absence is a loss. */
  #hasSeenRecords = false;
  /** The session that was opened last. */
  #session: ElectionSession | undefined;
  #grantedMs: number;
  #longestGrantedMs: number;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#grantedMs = options.sessionTimeoutMs;
    this.#longestGrantedMs = options.sessionTimeoutMs;
    this.#layout = layoutBelow(options.basePath);
    this.#duplicateId = new DuplicateId(options.scheduler, options.observer);
    this.#unclosed = new UnclosedSessions(options, options.observer);
  }

  /** The session timeout that was granted last; before the first grant, what is asked for. */
  get grantedMs(): number {
    return this.#grantedMs;
  }

  /** The longest of what was asked for and what was granted so far. */
  get longestGrantedMs(): number {
    return this.#longestGrantedMs;
  }

  /** How many requests of all sessions are unanswered at this moment. */
  get pendingRequests(): number {
    return this.#clients.values().reduce((sum, client) => sum + client.pendingRequests, 0);
  }

  async open(signal: AbortSignal): Promise<Opening> {
    const { scheduler, sessionTimeoutMs } = this.#options;
    this.#unclosed.tryAgain();
    using round = new Scope();
    const client = this.#connect(round);
    const limitMs = requestLimitMs(sessionTimeoutMs);
    const failure = await within(scheduler, limitMs, [signal, round.signal], (limit) =>
      this.#prepare(client, limit),
    );
    if (failure !== undefined) {
      await within(scheduler, closingLimitMs, [signal], (limit) => client.close(limit));
      return { kind: "failed", failure };
    }
    // Its first attempt then finds the place free; it may be that nothing else wakes anybody.
    await within(scheduler, unclosedLimitMs, [signal], (limit) => this.#unclosed.tried(limit));
    const { observer, describe, keep } = this.#options;
    const leaveBehind = (key: SessionKey): void => this.#unclosed.add(key);
    const own = { layout: this.#layout, duplicateId: this.#duplicateId, leaveBehind };
    const tools = { client, scheduler, observer, describe, keep, ...own };
    const session = new ElectionSession(tools);
    this.#session = session;
    return { kind: "opened", session };
  }

  async survey(signal: AbortSignal): Promise<void> {
    await this.#session?.survey(signal);
  }

  async leave(limit: AbortSignal): Promise<string | undefined> {
    const { scheduler } = this.#options;
    await within(scheduler, closingLimitMs, [limit], (soon) => this.#unclosed.tried(soon));
    return await this.#unclosed.leave();
  }

  /**
   * A client, which starts to connect at once. `round` is aborted when every server was tried in
   * vain: the next attempt is Failover's to make, at its own pace.
   */
  #connect(round: Scope): ZooKeeperClient {
    const { servers, transport, scheduler, observer, sessionTimeoutMs } = this.#options;
    const { access = openAccess } = this.#options;
    const client = new ZooKeeperClient({
      ...access,
      servers,
      transport,
      scheduler,
      sessionTimeoutMs,
      observe: (event) => {
        if (event.kind === "round-failed") round.abort();
        if (event.kind === "timeout-granted") this.#noteGrant(event.grantedMs);
        const told = this.#observation.electionEventOf(event);
        if (told !== undefined) observer.observe(told);
      },
    });
    this.#clients.add(client);
    void aborted(client.ended).then(() => this.#clients.delete(client));
    return client;
  }

  #noteGrant(grantedMs: number): void {
    this.#grantedMs = grantedMs;
    this.#longestGrantedMs = Math.max(this.#longestGrantedMs, grantedMs);
  }

  /**
   * The first lease note of a service. Where nothing was ever led, a leader may act at once.
   * Records that this process has seen and that are gone were deleted, perhaps under a living
   * leader: its lease is to be waited out. A process without that memory cannot know; see "What is
   * assumed" in the README.
   */
  #firstLeaseNote(client: ZooKeeperClient): LeaseNote {
    if (!this.#hasSeenRecords) return { state: "released" };
    return { state: "held", leaseMs: leaseDurationMs(client.sessionTimeoutMs) };
  }

  async #prepare(client: ZooKeeperClient, limit: AbortSignal): Promise<Failure | undefined> {
    if (!(await client.connected(limit))) {
      return failureOfEnd(client.end) ?? unreachable(this.#observation.whyNoServer);
    }
    try {
      await makeRecords(client, this.#layout, this.#firstLeaseNote(client), limit);
      this.#hasSeenRecords = true;
      await this.#tellExposure(client, limit);
      return undefined;
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      return failureOfRefusal(error) ?? unreachable(error.message);
    }
  }

  async #tellExposure(client: ZooKeeperClient, limit: AbortSignal): Promise<void> {
    const { observer, access = openAccess } = this.#options;
    if (this.#hasToldExposure || access.acl === openAcl) return;
    const detail = await exposureOf(client, this.#layout, limit);
    if (detail === undefined) return;
    this.#hasToldExposure = true;
    observer.observe({ kind: "notice", level: "warn", detail });
  }
}

/**
 * Makes the records unless the base path is there. The lease note is made only together with its
 * parent, in one commit: one that is missing under a parent that stands may have been lost, and the
 * last leadership counts as not released then.
 */
async function makeRecords(
  client: ZooKeeperClient,
  layout: RecordLayout,
  note: LeaseNote,
  signal: AbortSignal,
): Promise<void> {
  const { stat } = await client.exists(layout.base, { signal });
  if (stat !== undefined) return;
  for (const path of pathsDownTo(layout.base).slice(0, -1)) {
    // Asked first: a parent that only others may change refuses even what exists already.
    const above = await client.exists(path, { signal });
    if (above.stat !== undefined) continue;
    // What stands above belongs to others as well: it is not ours to lock.
    await unlessItExists(client.create(path, new Uint8Array(), { acl: openAcl, signal }));
  }
  const nothing = new Uint8Array();
  await unlessItExists(
    client.multi(
      [
        { kind: "create", path: layout.base, data: nothing, mode: "persistent" },
        { kind: "create", path: layout.leaseNote, data: encodeLeaseNote(note), mode: "persistent" },
        { kind: "create", path: layout.replicas, data: nothing, mode: "persistent" },
      ],
      { signal },
    ),
  );
}

async function unlessItExists(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!(error instanceof ZooKeeperError) || error.code !== "node-exists") throw error;
  }
}

function unreachable(detail: string): Failure {
  return { resource: "coordinator", code: "unreachable", detail };
}
