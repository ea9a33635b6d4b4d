import { Life } from "../referee/life.ts";
import type { Random } from "../world/random.ts";
import type { SimulatedNetwork } from "../world/simulated-network.ts";
import type { Timeline } from "../timeline.ts";
import { Server } from "./server.ts";
import { SessionTracker } from "./session-tracker.ts";
import type { Operation, Transaction } from "./transactions.ts";
import { meddler, Tree } from "./tree.ts";
import { ServerWatches } from "./reads.ts";

export interface EnsembleOptions {
  readonly size: number;
  readonly tickMs: number;
  /** After so many ticks of silence a server gives up its leader, or its leadership. */
  readonly syncLimit: number;
  readonly pingsOvertake: boolean;
  /** How far the rate of each server's clock may be off; 0 when left out. */
  readonly rateError?: number;
}

/** What a server does with a change in place of answering it as it should. */
export type Oddity =
  | { readonly kind: "code"; readonly code: number; readonly executed: boolean }
  /** The connection breaks, and the change is executed after it, unless the session has moved. */
  | { readonly kind: "late"; readonly afterMs: number };

/** What is kept of a server's data. */
interface Backup {
  readonly log: readonly Transaction[];
  readonly epoch: number;
}

/** How often a server without a leader looks for one. */
const lookingMs = 150;
const leastWaitMs = 0.001;
const latestMs = 500;

/**
 * A ZooKeeper ensemble as far as safety depends on it: one leader for each epoch, commits only
 * through a quorum, followers that go on answering on their own, sessions on the leader's clock.
 *
 * The election itself is decided in one step, by whoever can reach a quorum and has the longest
 * log; what it must guarantee is what counts: a quorum has promised itself to the new epoch.
 */
export class Ensemble {
  readonly timeline: Timeline;
  readonly tickMs: number;
  readonly servers: readonly Server[];
  readonly #random: Random;
  readonly #network: SimulatedNetwork;
  readonly #syncLimitMs: number;
  readonly #lastArrival = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();
  /** What a fault makes servers answer now and then. */
  oddities: { readonly chance: number; readonly random: Random } | undefined;
  told: (text: string) => void = () => undefined;
  /** Servers are not started while it lasts. */
  outage = false;
  #backup: Backup = { log: [], epoch: 0 };

  constructor(
    timeline: Timeline,
    random: Random,
    network: SimulatedNetwork,
    options: EnsembleOptions,
  ) {
    this.timeline = timeline;
    this.tickMs = options.tickMs;
    this.#random = random;
    this.#network = network;
    this.#syncLimitMs = options.syncLimit * options.tickMs;
    this.servers = Array.from({ length: options.size }, (_, index) => new Server(this, index + 1));
    for (const server of this.servers) {
      server.pingsOvertake = options.pingsOvertake;
      const { rateError = 0 } = options;
      const rates = random.fork(`clock of ${server.host}`);
      server.clockRate = 1 + rates.between(-rateError, rateError);
      network.listen(server.host, server);
      this.start(server);
    }
  }

  get quorum(): number {
    return Math.floor(this.servers.length / 2) + 1;
  }

  get leader(): Server | undefined {
    const leaders = this.servers.filter(({ role }) => role === "leading");
    return leaders.toSorted((one, other) => other.epoch - one.epoch)[0];
  }

  /** How long it takes a server to have an entry on its disk. */
  flushMs(): number {
    return this.#random.between(0.1, 2);
  }

  /** A secret of all servers makes it: none has to know the session to see that it is wrong. */
  passwordOf(session: bigint): Uint8Array {
    const random = this.#random.fork(`password of ${session}`);
    return Uint8Array.from({ length: 16 }, () => random.integer(0, 255));
  }

  oddity(): Oddity | undefined {
    const { oddities } = this;
    if (oddities === undefined || !oddities.random.chance(oddities.chance)) return undefined;
    const { random } = oddities;
    if (random.chance(0.3)) return { kind: "late", afterMs: latestMs ** random.next() };
    const code = random.pick([-1, -7, -127, -999, -4]);
    return { kind: "code", code, executed: code !== -127 && random.chance(0.5) };
  }

  /** Sends between two servers: in order, and not before a cut has healed. */
  send(from: Server, to: Server, action: () => void): void {
    const path = `${from.id}>${to.id}`;
    const delayMs = this.#network.latencyMs(from.host, to.host);
    const at = Math.max(this.timeline.now + delayMs, this.#lastArrival.get(path) ?? 0);
    this.#lastArrival.set(path, at);
    const { life, generation } = to;
    const sent = from.generation;
    const deliver = (): void => {
      if (to.generation === generation && from.generation === sent) life.deliver("io", action);
    };
    this.timeline.plan(at - this.timeline.now, () => {
      const waiting = this.#waiting.get(path) ?? [];
      if (waiting.length > 0 || this.#network.isCut(from.host, to.host)) {
        waiting.push(deliver);
        this.#waiting.set(path, waiting);
      } else deliver();
    });
  }

  /**
   * Two servers reach each other again: what was under way arrives, and before all that is sent
   * from now on. A proposal that overtook another would leave a follower behind for good.
   */
  healed(one: Server, other: Server): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const path = `${from.id}>${to.id}`;
      this.timeline.plan(1, () => {
        if (this.#network.isCut(from.host, to.host)) return;
        const waiting = this.#waiting.get(path) ?? [];
        this.#waiting.delete(path);
        for (const arrival of waiting) arrival();
      });
    }
  }

  start(server: Server): void {
    if (server.role !== "down" || this.outage) return;
    server.life = new Life();
    server.role = "looking";
    this.#tick(server, server.life);
  }

  /** The server's process ends; its log stays. Its peers notice at once, its clients are reset. */
  kill(server: Server): void {
    if (server.role === "down") return;
    server.role = "down";
    server.generation += 1;
    server.leader = undefined;
    server.life.end();
    for (const link of this.#network.links) if (link.server === server.host) link.reset();
    server.connections.clear();
    server.watches = new ServerWatches();
    for (const peer of this.servers) {
      if (this.#network.isCut(peer.host, server.host)) continue;
      if (peer.leader === server) peer.life.deliver("io", () => peer.look());
      peer.followers.delete(server);
    }
    server.followers.clear();
  }

  /** Somebody else changes the records; of a session, whoever knows its password. */
  meddle(operation: Operation, session = meddler): void {
    const { leader } = this;
    leader?.order(session, operation, undefined, leader);
  }

  /** Keeps the data as they are now, as far as they are committed. */
  backUp(): void {
    const [server] = this.servers.toSorted((one, other) => other.committed - one.committed);
    if (server === undefined) return;
    // Nobody waits for an answer any more when they come back.
    const log = server.log.slice(0, server.committed);
    this.#backup = {
      log: log.map((entry) => ({ ...entry, origin: undefined })),
      epoch: server.epoch,
    };
  }

  /** The data of every server is gone, as after a careless reinstallation. All must be down. */
  wipe(): void {
    this.#install({ log: [], epoch: 0 }, 0);
  }

  /**
   * Every server gets what was kept. All must be down.
   * @param keepsEpoch the servers' own epochs stay, as when only their snapshots are replaced; else
   * epochs, and zxids with them, may repeat
   */
  restore(keepsEpoch: boolean): void {
    const epochs = this.servers.map(({ epoch }) => epoch);
    this.#install(this.#backup, keepsEpoch ? Math.max(...epochs) : 0);
  }

  #install({ log, epoch }: Backup, leastEpoch: number): void {
    for (const server of this.servers) {
      server.log = [...log];
      server.committed = 0;
      server.epoch = Math.max(epoch, leastEpoch);
      server.tree = new Tree();
      server.tracker = new SessionTracker(this.tickMs);
    }
  }

  #tick(server: Server, life: Life): void {
    if (life.over) return;
    const looking = server.role === "looking";
    const delayMs = looking ? lookingMs * this.#random.between(0.7, 1.3) : this.tickMs / 2;
    this.timeline.plan(delayMs, () => {
      life.deliver("timer", () => {
        if (server.role === "looking") this.#lookForLeader(server);
        else if (server.role === "leading") this.#lead(server);
        else this.#follow(server);
        this.#tick(server, life);
      });
    });
  }

  #lead(server: Server): void {
    const { now } = this.timeline;
    const near = [...server.followers.values()].filter(
      ({ heardAt }) => now - heardAt < this.#syncLimitMs,
    );
    if (near.length + 1 < this.quorum) {
      this.told(`server ${server.id} gives up leading: no quorum`);
      return server.look();
    }
    const { epoch } = server;
    for (const [follower] of server.followers) {
      this.send(server, follower, () => this.#pinged(server, follower, epoch));
    }
  }

  /** Whenever a bucket is over, the leader ends the sessions in it. */
  #expireSessions(leader: Server, epoch: number): void {
    const { life, tracker } = leader;
    const waitMs = (tracker.bucketEndAfter(leader.clock) - leader.clock) / leader.clockRate;
    // Not so little that adding it to the time might change nothing.
    this.timeline.plan(waitMs + leastWaitMs, () => {
      life.deliver("timer", () => {
        if (leader.role !== "leading" || leader.epoch !== epoch) return;
        for (const session of tracker.expired(leader.clock)) {
          this.told(`server ${leader.id}: session 0x${session.toString(16)} expires`);
          leader.order(session, { kind: "close-session" }, undefined, leader);
        }
        this.#expireSessions(leader, epoch);
      });
    });
  }

  /** Followers report what they touched only in answer to a ping. Source: Learner.java. */
  #pinged(leader: Server, follower: Server, epoch: number): void {
    if (follower.leader !== leader || follower.epoch !== epoch) return;
    follower.heardAt = this.timeline.now;
    const touched = follower.takeTouched();
    this.send(follower, leader, () => {
      const view = leader.followers.get(follower);
      if (leader.role !== "leading" || leader.epoch !== epoch || view === undefined) return;
      view.heardAt = this.timeline.now;
      for (const [session, timeoutMs] of touched) {
        leader.tracker.touch(session, timeoutMs, leader.clock);
      }
    });
  }

  #follow(server: Server): void {
    if (this.timeline.now - server.heardAt < this.#syncLimitMs) return;
    this.told(`server ${server.id} gives up its leader`);
    server.leader?.followers.delete(server);
    server.look();
  }

  #lookForLeader(server: Server): void {
    const reachable = this.servers.filter(
      (peer) =>
        peer !== server && peer.life.running && !this.#network.isCut(server.host, peer.host),
    );
    const leader = reachable
      .filter(({ role, epoch }) => role === "leading" && epoch >= server.epoch)
      .toSorted((one, other) => other.epoch - one.epoch)[0];
    if (leader !== undefined) {
      server.follow(leader);
      return this.told(`server ${server.id} follows ${leader.id}`);
    }
    const group = reachable.filter(({ role }) => role === "looking");
    if (group.length + 1 < this.quorum) return;
    if (group.some((peer) => isAhead(peer, server))) return;
    const epoch = Math.max(server.epoch, ...group.map((peer) => peer.epoch)) + 1;
    server.lead(epoch);
    this.#expireSessions(server, epoch);
    for (const peer of group) peer.follow(server);
    this.told(`server ${server.id} leads the ensemble in epoch ${epoch}`);
  }
}

function isAhead(one: Server, other: Server): boolean {
  if (one.lastZxid !== other.lastZxid) return one.lastZxid > other.lastZxid;
  return one.id > other.id;
}
