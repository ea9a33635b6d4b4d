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
import { leaseDurationMs } from "./lease-timing.ts";
import type { ServerAccess } from "./server-access.ts";
import { exposureOf } from "./exposed-records.ts";
import { type Layout, layoutBelow, pathsDownTo } from "./leadership/layout.ts";
import { openAcl } from "../../zookeeper/protocol/records.ts";
import { leastPatienceMs } from "../../zookeeper/limits.ts";
import { Namesake } from "./leadership/namesake.ts";
import { encodeTerm, type TermRecord } from "./leadership/records.ts";
import { Remnants } from "./release/remnants.ts";
import { failureOfEnd, refusalOf } from "./leadership/refusals.ts";
import type { SessionKey } from "./leadership/session-key.ts";

/** How long closing a session that is of no use may take. */
const closingLimitMs = 500;
/** How long opening waits for lost sessions: no client rests longer between its rounds. */
const remnantsLimitMs = 1_000;

export interface CoordinatorOptions extends Omit<ServerAccess, "access"> {
  readonly observer: Observer;
  /** What the leader node and the line say about us, as of now. */
  readonly describe: () => ReplicaInfo;
  /** Nobody, and everybody may change our nodes, without it. */
  readonly access?: Access | undefined;
  /** Keeps the key of the present session for whoever comes after our death. Must not throw. */
  readonly keep?: ((key: SessionKey) => void) | undefined;
}

/** Leadership on ZooKeeper: sessions, and the records that they share. */
export class ZooKeeperCoordinator implements Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #layout: Layout;
  /** The clients whose sessions are not over, in the order of their births. */
  readonly #clients = new Set<ZooKeeperClient>();
  readonly #observation = new ClientObservation();
  readonly #namesake: Namesake;
  readonly #remnants: Remnants;
  /** Whether others may change the records is told once. */
  #hasToldExposure = false;
  /** Whether this process has seen the records before: then their absence is a loss. */
  #hasSeenRecords = false;
  /** The one that was opened last. */
  #session: ElectionSession | undefined;
  #grantedMs: number;
  #longestGrantedMs: number;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#grantedMs = options.sessionTimeoutMs;
    this.#longestGrantedMs = options.sessionTimeoutMs;
    this.#layout = layoutBelow(options.basePath);
    this.#namesake = new Namesake(options.scheduler, options.observer);
    this.#remnants = new Remnants(options, options.observer);
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
    this.#remnants.tryAgain();
    using round = new Scope();
    const client = this.#connect(round);
    const limitMs = Math.max(sessionTimeoutMs, leastPatienceMs);
    const failure = await within(scheduler, limitMs, [signal, round.signal], (limit) =>
      this.#prepare(client, limit),
    );
    if (failure !== undefined) {
      await within(scheduler, closingLimitMs, [signal], (limit) => client.close(limit));
      return { kind: "failed", failure };
    }
    // Its first attempt then finds the place free; it may be that nothing else wakes anybody.
    await within(scheduler, remnantsLimitMs, [signal], (limit) => this.#remnants.tried(limit));
    const { observer, describe, keep } = this.#options;
    const leaveBehind = (key: SessionKey): void => this.#remnants.add(key);
    const own = { layout: this.#layout, namesake: this.#namesake, leaveBehind };
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
    await within(scheduler, closingLimitMs, [limit], (soon) => this.#remnants.tried(soon));
    return await this.#remnants.leave();
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
   * What a new `term` says. Where nothing was ever led, a leader may act at once. Records that this
   * process has seen and that are gone were deleted, perhaps under a living leader: its lease is to
   * be waited out. A process without that memory cannot know; see "What is assumed" in the README.
   */
  #birthOfTerm(client: ZooKeeperClient): TermRecord {
    if (!this.#hasSeenRecords) return { state: "released" };
    return { state: "held", leaseMs: leaseDurationMs(client.sessionTimeoutMs) };
  }

  async #prepare(client: ZooKeeperClient, limit: AbortSignal): Promise<Failure | undefined> {
    if (!(await client.connected(limit))) {
      return failureOfEnd(client.end) ?? unreachable(this.#observation.whyNoServer);
    }
    try {
      await makeRecords(client, this.#layout, this.#birthOfTerm(client), limit);
      this.#hasSeenRecords = true;
      await this.#tellExposure(client, limit);
      return undefined;
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      return refusalOf(error) ?? unreachable(error.message);
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
 * Makes the records unless the base path is there. `term` is born only together with its parent, in
 * one commit: a term that is missing under a parent that stands may have been lost, and then the
 * last leadership counts as not released.
 */
async function makeRecords(
  client: ZooKeeperClient,
  layout: Layout,
  term: TermRecord,
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
        { kind: "create", path: layout.term, data: encodeTerm(term), mode: "persistent" },
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
