import { Life } from "../referee/life.ts";
import type { Link } from "../world/link.ts";
import type { Listener } from "../world/simulated-network.ts";
import type { Ensemble, Oddity } from "./ensemble.ts";
import { ServerWatches } from "./reads.ts";
import { ServerConnection } from "./server-connection.ts";
import type { ConnectRequestRead } from "./server-protocol.ts";
import { SessionTracker } from "./session-tracker.ts";
import type { Operation, RequestOrigin, Result, Transaction } from "./transactions.ts";
import { Tree } from "./tree.ts";

export type ServerRole = "down" | "looking" | "following" | "leading";

interface FollowerView {
  /** How many entries of the log the follower has. */
  acknowledged: number;
  heardAt: number;
}

/** SessionMovedException: the server closes the connection instead of answering. */
const sessionMoved = -118;

/** One server: its log, the tree that the committed part of it makes, and its clients. */
export class Server implements Listener {
  readonly id: number;
  readonly host: string;
  readonly connections = new Set<ServerConnection>();
  life = new Life();
  role: ServerRole = "down";
  tree = new Tree();
  watches = new ServerWatches();
  /** Whether its ping replies keep from the leader which sessions it has heard of. */
  withholdsTouches = false;
  /** Whether pings are answered although a write is under way: versions differ. */
  pingsOvertake = false;
  leader: Server | undefined;
  log: Transaction[] = [];
  committed = 0;
  /** The epoch that this server promised itself to: it survives restarts. */
  epoch = 0;
  readonly followers = new Map<Server, FollowerView>();
  tracker: SessionTracker;
  heardAt = 0;
  /** How fast its clock runs: sessions run out by it, sooner or later than they should. */
  clockRate = 1;
  /** Grows whenever its connections to the other servers end: what was under way is lost. */
  generation = 0;
  readonly #ensemble: Ensemble;
  readonly #touched = new Map<bigint, number>();
  #counter = 0;
  #sessions = 0;

  constructor(ensemble: Ensemble, id: number) {
    this.#ensemble = ensemble;
    this.id = id;
    this.host = `server-${id}`;
    this.tracker = new SessionTracker(ensemble.tickMs);
  }

  /** What its own clock says. */
  get clock(): number {
    return this.#now * this.clockRate;
  }

  get serves(): boolean {
    return this.role === "leading" || this.role === "following";
  }

  get lastZxid(): bigint {
    return this.log.at(-1)?.zxid ?? 0n;
  }

  accept(link: Link): ServerConnection | undefined {
    if (this.role === "down") return undefined;
    const connection = new ServerConnection(this, link);
    if (this.serves) this.connections.add(connection);
    // A server that is in an election accepts, and closes.
    else this.#ensemble.timeline.plan(0.1, () => link.closeServer());
    return connection;
  }

  forget(connection: ServerConnection): void {
    this.connections.delete(connection);
    this.watches.forget(connection);
  }

  /**
   * Anything a client says is a sign of life; followers pass it on with their next ping reply. The
   * leader drops what it hears from a session that has run out: false.
   */
  touch(session: bigint, timeoutMs: number): boolean {
    if (this.role === "leading") return this.tracker.touch(session, timeoutMs, this.clock);
    this.#touched.set(session, timeoutMs);
    return true;
  }

  takeTouched(): ReadonlyMap<bigint, number> {
    const touched = new Map(this.withholdsTouches ? [] : this.#touched);
    this.#touched.clear();
    return touched;
  }

  /**
   * Only the leader knows to which server a session has moved, and refuses even to read for one
   * that has left it; followers read for whoever is connected.
   * Source: PrepRequestProcessor.java (checkSession).
   */
  speaksFor(session: bigint): boolean {
    if (this.role !== "leading") return true;
    const { owners } = this.tracker;
    if (!owners.has(session)) owners.set(session, this.id);
    return owners.get(session) === this.id;
  }

  greet(connection: ServerConnection, request: ConnectRequestRead): void {
    if (!this.serves || request.lastZxidSeen > this.tree.lastZxid) return connection.close();
    const { tickMs } = this.#ensemble;
    const timeoutMs = Math.min(Math.max(request.timeoutMs, 2 * tickMs), 20 * tickMs);
    if (request.session === 0n) this.#openSession(connection, timeoutMs);
    else this.#resumeSession(connection, request, timeoutMs);
  }

  /** Has an operation ordered by the leader; `settled` hears of it when it is applied here. */
  submit(
    connection: ServerConnection,
    operation: Operation,
    settled: (results: readonly Result[], zxid: bigint) => void,
  ): void {
    const origin: RequestOrigin = {
      server: this.id,
      settled: (results, zxid) => {
        if (!connection.open) return;
        if (results[0]?.error === sessionMoved) connection.close();
        else settled(results, zxid);
      },
    };
    this.#toLeader((leader) => leader.order(connection.session, operation, origin, this));
  }

  /** Answers once this server has applied everything that the leader had proposed before. */
  sync(done: () => void): void {
    this.#toLeader((leader) => {
      const barrier = leader.log.length;
      leader.whenCommitted(barrier, () => {
        if (leader === this) done();
        else this.#ensemble.send(leader, this, done);
      });
    });
  }

  oddity(): Oddity | undefined {
    return this.#ensemble.oddity();
  }

  /** A request that waits in front of the leader while its connection is gone already. */
  submitLate(connection: ServerConnection, operation: Operation, afterMs: number): void {
    const { life } = this;
    this.#ensemble.timeline.plan(afterMs, () => {
      life.deliver("io", () => this.submit(connection, operation, () => undefined));
    });
  }

  /** The leader takes a request into its log and proposes it. */
  order(
    session: bigint,
    operation: Operation,
    origin: RequestOrigin | undefined,
    from: Server,
  ): void {
    if (this.role !== "leading") return;
    const owner = this.tracker.owners.get(session);
    // Whoever knows a session can close it: the leader itself does, when it has run out.
    const checked = operation.kind !== "close-session";
    if (checked && owner !== undefined && owner !== from.id && origin !== undefined) {
      const refusal = (): void => origin.settled([{ error: sessionMoved }], 0n);
      if (from === this) refusal();
      else this.#ensemble.send(this, from, refusal);
      return;
    }
    // After an election the first server that speaks for a session owns it.
    if (owner === undefined && origin !== undefined) this.tracker.owners.set(session, from.id);
    if (operation.kind === "create-session") {
      this.tracker.add(session, operation.timeoutMs, this.clock);
      this.tracker.owners.set(session, from.id);
    }
    if (operation.kind === "close-session") this.tracker.remove(session);
    this.#counter += 1;
    const zxid = (BigInt(this.epoch) << 32n) | BigInt(this.#counter);
    const entry = { zxid, session, timeMs: this.#now, operation, origin };
    const index = this.log.push(entry);
    for (const [follower] of this.followers) {
      this.#ensemble.send(this, follower, () => follower.proposed(this, this.epoch, index, entry));
    }
    this.commitWhatTheQuorumHas();
  }

  proposed(leader: Server, epoch: number, index: number, entry: Transaction): void {
    if (!this.#follows(leader, epoch) || index !== this.log.length + 1) return;
    this.log.push(entry);
    const delayMs = this.#ensemble.flushMs();
    this.#ensemble.timeline.plan(delayMs, () => {
      if (!this.#follows(leader, epoch) || !this.life.running) return;
      this.#ensemble.send(this, leader, () => leader.acknowledged(this, epoch, index));
    });
  }

  acknowledged(follower: Server, epoch: number, index: number): void {
    const view = this.followers.get(follower);
    if (this.role !== "leading" || this.epoch !== epoch || view === undefined) return;
    view.acknowledged = Math.max(view.acknowledged, index);
    this.commitWhatTheQuorumHas();
  }

  commitWhatTheQuorumHas(): void {
    const counts = [this.log.length, ...[...this.followers.values()].map((f) => f.acknowledged)];
    const quorum = this.#ensemble.quorum;
    if (counts.length < quorum) return;
    const committed = counts.toSorted((one, other) => other - one)[quorum - 1] ?? 0;
    if (committed <= this.committed) return;
    for (const [follower] of this.followers) {
      this.#ensemble.send(this, follower, () => follower.told(this, this.epoch, committed));
    }
    this.applyUpTo(committed);
    this.#releaseSyncs();
  }

  told(leader: Server, epoch: number, committed: number): void {
    if (this.#follows(leader, epoch)) this.applyUpTo(Math.min(committed, this.log.length));
  }

  applyUpTo(committed: number): void {
    while (this.committed < committed) {
      const entry = this.log[this.committed];
      if (entry === undefined) return;
      this.committed += 1;
      this.#apply(entry);
    }
  }

  readonly #syncs: { readonly barrier: number; readonly done: () => void }[] = [];

  whenCommitted(barrier: number, done: () => void): void {
    this.#syncs.push({ barrier, done });
    this.#releaseSyncs();
  }

  #releaseSyncs(): void {
    while (this.#syncs[0] !== undefined && this.#syncs[0].barrier <= this.committed) {
      this.#syncs.shift()?.done();
    }
  }

  /** It begins to lead: everything in its log is committed, every session has its full time. */
  lead(epoch: number): void {
    this.role = "leading";
    this.epoch = epoch;
    this.leader = this;
    this.#counter = 0;
    this.heardAt = this.#now;
    this.followers.clear();
    this.#syncs.length = 0;
    this.#touched.clear();
    this.tracker = new SessionTracker(this.#ensemble.tickMs);
    this.applyUpTo(this.log.length);
    for (const [session, { timeoutMs }] of this.tree.sessions) {
      this.tracker.add(session, timeoutMs, this.clock);
    }
  }

  /** It takes over the leader's log, whatever it had of its own beyond it. */
  follow(leader: Server): void {
    this.role = "following";
    this.epoch = leader.epoch;
    this.leader = leader;
    this.log = [...leader.log];
    this.heardAt = this.#now;
    this.#touched.clear();
    this.applyUpTo(leader.committed);
    leader.followers.set(this, { acknowledged: this.log.length, heardAt: this.#now });
    leader.commitWhatTheQuorumHas();
  }

  /** It serves nobody until it has found a leader. */
  look(): void {
    if (this.role === "down") return;
    this.role = "looking";
    this.generation += 1;
    this.leader = undefined;
    this.followers.clear();
    for (const connection of this.connections) connection.close();
  }

  #follows(leader: Server, epoch: number): boolean {
    return this.role === "following" && this.leader === leader && this.epoch === epoch;
  }

  #toLeader(action: (leader: Server) => void): void {
    const { leader } = this;
    if (leader === undefined) return;
    if (leader === this) return action(this);
    const { epoch } = this;
    this.#ensemble.send(this, leader, () => {
      if (leader.role === "leading" && leader.epoch === epoch) action(leader);
    });
  }

  #openSession(connection: ServerConnection, timeoutMs: number): void {
    this.#sessions += 1;
    const session =
      (BigInt(this.id) << 56n) |
      (BigInt(Math.floor(this.#now)) << 16n) |
      BigInt(this.#sessions & 0xffff);
    const password = this.#ensemble.passwordOf(session);
    connection.session = session;
    this.submit(connection, { kind: "create-session", timeoutMs }, () =>
      connection.welcome(session, timeoutMs, password),
    );
  }

  #resumeSession(
    connection: ServerConnection,
    request: ConnectRequestRead,
    timeoutMs: number,
  ): void {
    const { session, password } = request;
    for (const other of this.connections) {
      if (other !== connection && other.session === session) other.close();
    }
    if (!same(password, this.#ensemble.passwordOf(session))) return connection.refuse();
    connection.session = session;
    this.#toLeader((leader) => {
      const lives = leader.tracker.touch(session, timeoutMs, leader.clock);
      if (lives) leader.tracker.owners.set(session, this.id);
      const answer = (): void => {
        if (lives) connection.welcome(session, timeoutMs, password);
        else connection.refuse();
      };
      if (leader === this) answer();
      else this.#ensemble.send(leader, this, answer);
    });
  }

  #apply(entry: Transaction): void {
    const { results, events } = this.tree.apply(entry);
    for (const event of events) this.watches.fire(event);
    if (entry.origin?.server === this.id) entry.origin.settled(results, entry.zxid);
    // Every follower counts a new session as heard of. Source: LearnerSessionTracker.java.
    if (entry.operation.kind === "create-session" && this.role === "following") {
      this.#touched.set(entry.session, entry.operation.timeoutMs);
    }
    if (entry.operation.kind !== "close-session") return;
    for (const connection of this.connections) {
      if (connection.session === entry.session) connection.close();
    }
  }

  get #now(): number {
    return this.#ensemble.timeline.now;
  }
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
