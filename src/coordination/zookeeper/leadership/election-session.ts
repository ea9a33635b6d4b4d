import { triesPerAttempt } from "../lease-timing.ts";
import {
  type Attempt,
  type Call,
  type Epoch,
  outOfTurn,
  type ReplicaInfo,
  type Session,
  type Sighting,
} from "../../../election/ports/coordinator.ts";
import { Ending } from "../../../election/failure.ts";
import type { Observer } from "../../../election/ports/observer.ts";
import { later, remainingMs, type Scheduler } from "../../../base/scheduler.ts";
import { aborted, Scope } from "../../../base/scope.ts";
import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { ZooKeeperError } from "../../../zookeeper/errors.ts";
import { formatSessionId } from "../../../zookeeper/session-id.ts";
import type { RecordLayout } from "./layout.ts";
import { LeaderWatch, type Owner } from "./leader-watch.ts";
import { LeaseNoteWatch } from "./lease-note-watch.ts";
import { Line, type Place } from "./line.ts";
import type { DuplicateId } from "./duplicate-id.ts";
import { encodeReplica } from "./records.ts";
import { failureOfEnd, failureOfRefusal } from "./refusals.ts";
import type { SessionKey } from "./session-key.ts";
import { CallUp, Taker } from "./taker.ts";

/**
 * The least time between giving leadership up and closing the session. Closing is a commit too, and
 * right behind the first one it would delay the commit by which the successor takes over.
 */
const makingWayMs = 50;
/** The pause after a request of the line failed, before it is tried again. */
const linePauseMs = 100;

interface SessionTools {
  readonly client: ZooKeeperClient;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly layout: RecordLayout;
  /** What the leader node and the line say about us, as of now. */
  readonly describe: () => ReplicaInfo;
  /** Shared by all sessions of the process, so that it tells what it has to tell once. */
  readonly duplicateId: DuplicateId;
  /** Keeps the session's key for the process that comes after our death. Must not throw. */
  readonly keep?: ((key: SessionKey) => void) | undefined;
  /** Takes over a session that has led and may live on at the servers, see UnclosedSessions. */
  readonly leaveBehind: (key: SessionKey) => void;
}

/**
 * One ZooKeeper session of a replica: its attempts, its place in line, its leadership.
 *
 * What keeps two leaders from acting at once, whatever the servers and the network do:
 *
 * - I1: Leadership belongs to the session that owns the leader node. Its epoch is the zxid of the
 *   commit that made the node, so every later leadership has a higher one.
 * - I2: A lease is counted from the moment at which a write to that node was sent. The write counts
 *   only if its answer shows our czxid and our session. See ZooKeeperLeadership.
 * - I3: The leader node and the lease note change in one commit: a taking says `held`, with the
 *   lease that others must wait for, and giving up says `released`. See Taker and giveUp.
 * - I4: A taker that finds `held` does not act before that lease has passed by its own clock, since
 *   it saw the holder's last renewal or, without that, since its own taking. See LeaderWatch.
 * - I5: A lost reply is unknown, never failed: the node's owner is read, and no giving up is
 *   repeated without that.
 * - I6: The line only decides who is woken first. A wrong entry in it costs time, never safety.
 */
export class ElectionSession implements Session {
  readonly lost = new Ending();
  readonly #tools: SessionTools;
  readonly #line: Line;
  readonly #leaderWatch: LeaderWatch;
  readonly #noteWatch: LeaseNoteWatch;
  readonly #taker: Taker;
  #isLeftBehind = false;
  #placeTold: Place | undefined;

  constructor(tools: SessionTools) {
    const { client, layout, describe } = tools;
    const { replica } = describe();
    this.#tools = tools;
    this.#line = new Line(client, layout, replica, () => encodeReplica(describe()));
    this.#leaderWatch = new LeaderWatch(tools, layout.leader, replica);
    this.#noteWatch = new LeaseNoteWatch(client, layout.leaseNote, this.#leaderWatch);
    this.#taker = new Taker({ ...tools, line: this.#line, leaderWatch: this.#leaderWatch });
    this.#keepKey(undefined);
    void this.#awaitTheEnd();
  }

  get id(): string {
    return formatSessionId(this.#tools.client.sessionId);
  }

  async horizon(signal: AbortSignal): Promise<Epoch | undefined> {
    const { client, layout } = this.#tools;
    try {
      // The sync orders the read behind every commit so far, and the read's zxid covers them.
      await client.sync(layout.base, { signal });
      await client.exists(layout.base, { signal });
      return client.lastZxid as Epoch;
    } catch (error) {
      if (error instanceof ZooKeeperError) return undefined;
      throw error;
    }
  }

  async attempt(call: Call, signal: AbortSignal): Promise<Attempt> {
    let detail = "the records changed during every try";
    for (let round = 0; round < triesPerAttempt; round += 1) {
      try {
        const attempt = await this.#tryOnce(round, call, signal);
        if (attempt !== undefined) return this.#noted(attempt);
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
        const failure = failureOfRefusal(error);
        if (failure !== undefined) return { kind: "failed", failure };
        detail = error.message;
        // A lost reply is no failure: the next try reads whether the node is ours.
        if (error.outcome !== "unknown" || signal.aborted) break;
      }
    }
    return { kind: "undecided", detail };
  }

  async sighting(signal: AbortSignal): Promise<Sighting> {
    try {
      const owner = await this.#owner(signal);
      if (owner.kind === "nobody") return owner;
      if (owner.kind === "us") return { kind: "unknown" };
      return { kind: "led", leader: owner.leader };
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      return { kind: "unknown" };
    }
  }

  async turn(signal: AbortSignal): Promise<Call> {
    using waiting = new Scope(signal, this.#tools.client.ended);
    while (!waiting.signal.aborted) {
      try {
        const call = await this.#callAtOurTurn(waiting.signal);
        if (call !== undefined) return call;
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
        if (waiting.signal.aborted) break;
        const refusal = failureOfRefusal(error);
        // Where its parent is gone too, an attempt finds out: it is not the line's to make.
        if (refusal !== undefined || error.code === "no-node") {
          await this.#withoutTheLine(refusal?.detail ?? error.message, waiting.signal);
          break;
        }
        await this.#tools.scheduler.sleep(linePauseMs, waiting.signal);
      }
    }
    return outOfTurn;
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#taker.leadership?.abandon();
    await this.#makeWay(signal);
    await this.#tools.client.close(signal);
    this.#leaveBehind();
  }

  abandon(): void {
    this.#taker.leadership?.abandon();
    this.#tools.client.abandon();
  }

  /** See Coordinator. */
  async survey(signal: AbortSignal): Promise<void> {
    try {
      await this.#owner(signal);
      const place = await this.#line.look(signal);
      if (place !== undefined && !isSamePlace(place, this.#placeTold)) this.#tellPlace(place);
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
    }
  }

  async #tryOnce(round: number, call: Call, signal: AbortSignal): Promise<Attempt | undefined> {
    const foreseen = call instanceof CallUp ? call.foreseen : undefined;
    if (round === 0 && foreseen !== undefined) {
      return await this.#taker.takeAsForeseen(foreseen, signal);
    }
    // Out of turn we let others go first, once; after that the line is taken for broken.
    return await this.#taker.tryToTake(call.isOurTurn || round > 0, signal);
  }

  #noted(attempt: Attempt): Attempt {
    if (attempt.kind === "led") this.#tellLeader(attempt.epoch, attempt.leader);
    if (attempt.kind === "won") {
      this.#keepKey(attempt.leadership.epoch);
      // Whoever leads is told anew where it stands, also when that is where it stood before.
      this.#placeTold = undefined;
    }
    return attempt;
  }

  /** Leaves the successor the time for its commit. */
  async #makeWay(signal: AbortSignal): Promise<void> {
    const { client, scheduler } = this.#tools;
    const resignedAt = this.#taker.leadership?.resignedAt;
    if (resignedAt === undefined) return;
    using waiting = new Scope(signal, client.ended);
    const waitMs = remainingMs(scheduler, later(resignedAt, makingWayMs));
    await scheduler.sleep(waitMs, waiting.signal);
  }

  async #owner(signal: AbortSignal): Promise<Owner> {
    const owner = await this.#leaderWatch.owner(signal);
    if (owner.kind === "other") this.#tellLeader(owner.epoch, owner.leader);
    return owner;
  }

  #tellLeader(epoch: Epoch, leader: ReplicaInfo | undefined): void {
    this.#tools.observer.observe({ kind: "leader-seen", epoch, leader });
  }

  #tellPlace(place: Place): void {
    this.#placeTold = place;
    const { position, size, candidates } = place;
    const standing = { kind: "in-line", position, size, candidates } as const;
    this.#tools.observer.observe({ kind: "standing", standing });
  }

  /** Waits for one thing to change. Undefined when no attempt is worth while yet. */
  async #callAtOurTurn(signal: AbortSignal): Promise<CallUp | undefined> {
    const { client } = this.#tools;
    const owner = await this.#owner(signal);
    if (owner.kind === "us") return new CallUp(undefined);
    const leader = owner.kind === "other" ? owner.leader?.replica : undefined;
    const place = await this.#line.place(leader, signal);
    if (place === undefined)
      return await this.#withoutTheLine("it does not show our entry", signal);
    this.#tellPlace(place);
    const { predecessor } = place;
    if (predecessor === undefined) {
      const call = await this.#untilNobodyLeads(signal);
      return signal.aborted ? undefined : call;
    }
    try {
      const { watch } = await client.getData(predecessor, { watch: signal, signal });
      await watch;
    } catch (error) {
      // It left between the two reads, so the line is to be read again.
      if (!(error instanceof ZooKeeperError && error.code === "no-node")) throw error;
    }
    return undefined;
  }

  async #untilNobodyLeads(signal: AbortSignal): Promise<CallUp> {
    using following = new Scope(signal);
    try {
      void this.#noteWatch.follow(following.signal);
      await this.#leaderWatch.untilGone(signal);
    } finally {
      following.abort();
    }
    const { foreseen } = this.#noteWatch;
    // Only the note of a leadership that was watched to its end, without a gap, is foreseen.
    const isKnown = this.#leaderWatch.lastRenewalOf(foreseen?.epoch) !== undefined;
    return new CallUp(isKnown ? foreseen : undefined);
  }

  /** The regular attempts remain: they do not depend on the line. */
  async #withoutTheLine(why: string, signal: AbortSignal): Promise<undefined> {
    const detail = `the line is out of use: ${why}`;
    this.#tools.observer.observe({ kind: "notice", level: "warn", detail });
    await aborted(signal);
    return undefined;
  }

  #keepKey(epoch: Epoch | undefined): void {
    this.#tools.keep?.(this.#keyWith(epoch));
  }

  #keyWith(epoch: Epoch | undefined): SessionKey {
    const { sessionId, password } = this.#tools.client;
    return { sessionId, password, epoch };
  }

  /** Hands on a session that was not surely closed, and its leader node with it. */
  #leaveBehind(): void {
    const { client, leaveBehind } = this.#tools;
    const { leadership } = this.#taker;
    if (leadership === undefined || leadership.resignedAt !== undefined) return;
    if (client.end?.confirmed || this.#isLeftBehind) return;
    this.#isLeftBehind = true;
    // Without having resigned it may have an effect running, or an earlier lease to wait for.
    leaveBehind(this.#keyWith(leadership.hasResigned ? leadership.epoch : undefined));
  }

  async #awaitTheEnd(): Promise<void> {
    const { client } = this.#tools;
    await aborted(client.ended);
    const failure = failureOfEnd(client.end);
    if (failure === undefined) return;
    this.lost.end(failure);
    this.#taker.leadership?.abandon();
  }
}

/** Whether the same would be told of both. */
function isSamePlace(one: Place, other: Place | undefined): boolean {
  return (
    one.position === other?.position &&
    one.size === other.size &&
    one.candidates.join() === other.candidates.join()
  );
}
