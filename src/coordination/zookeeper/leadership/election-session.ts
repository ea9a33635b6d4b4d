import type {
  Attempt,
  Epoch,
  ReplicaInfo,
  Session,
  Sighting,
} from "../../../election/ports/coordinator.ts";
import { Ending } from "../../../election/failure.ts";
import type { Observer } from "../../../election/ports/observer.ts";
import { later, remainingMs, type Scheduler } from "../../../base/scheduler.ts";
import { aborted, Scope } from "../../../base/scope.ts";
import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { ZooKeeperError } from "../../../zookeeper/errors.ts";
import type { Layout } from "./layout.ts";
import { LeaderWatch, type Owner } from "./leader-watch.ts";
import type { ZooKeeperLeadership } from "./leadership.ts";
import { Line, type Place } from "./line.ts";
import type { Namesake } from "./namesake.ts";
import { encodeReplica } from "./records.ts";
import { failureOfEnd, refusalOf } from "./refusals.ts";
import type { SessionKey } from "./session-key.ts";
import { takeAsForeseen, type TakingTools, tryToTake } from "./taking.ts";
import { type ForeseenTerm, TermWatch } from "./term-watch.ts";

/** How often one attempt starts again because the records changed under it. */
const roundsPerAttempt = 4;
/**
 * How long after giving leadership up the session is closed at the soonest: closing is a commit
 * too, and right behind the first one it would delay the commit by which the successor takes over.
 */
const makingWayMs = 50;
/** The pause after a request of the line failed, before it is tried again. */
const linePauseMs = 100;

export interface SessionTools {
  readonly client: ZooKeeperClient;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly layout: Layout;
  /** What the leader node and the line say about us, as of now. */
  readonly describe: () => ReplicaInfo;
  /** Shared by all sessions of the process, so that it tells what it has to tell once. */
  readonly namesake: Namesake;
  /** Keeps the session's key for whoever comes after our death. Must not throw. */
  readonly keep?: ((key: SessionKey) => void) | undefined;
  /** Takes over the session that has led, and may live on at the servers, see Remnants. */
  readonly leaveBehind: (key: SessionKey) => void;
}

/** One ZooKeeper session of a replica: its attempts, its place in line, its leadership. */
export class ElectionSession implements Session {
  readonly lost = new Ending();
  readonly #tools: SessionTools;
  readonly #line: Line;
  readonly #leaderWatch: LeaderWatch;
  #leadership: ZooKeeperLeadership | undefined;
  readonly #termWatch: TermWatch;
  /** The line has just said that it is our turn. */
  #isCalledUp = false;
  /** The term as it must be, if nothing has happened since our turn came. */
  #foreseen: ForeseenTerm | undefined;
  #placeTold: Place | undefined;

  constructor(tools: SessionTools) {
    const { client, layout, describe } = tools;
    const { replica } = describe();
    this.#tools = tools;
    this.#line = new Line(client, layout, replica, () => encodeReplica(describe()));
    this.#leaderWatch = new LeaderWatch(tools, layout.leader, replica);
    this.#termWatch = new TermWatch(client, layout.term, this.#leaderWatch);
    this.#keepKey(undefined);
    void this.#awaitTheEnd();
  }

  get id(): string {
    return `0x${BigInt.asUintN(64, this.#tools.client.sessionId).toString(16)}`;
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

  async attempt(signal: AbortSignal): Promise<Attempt> {
    const tools: TakingTools = {
      ...this.#tools,
      line: this.#line,
      leaderWatch: this.#leaderWatch,
      began: (leadership: ZooKeeperLeadership) => {
        this.#leadership = leadership;
      },
    };
    let detail = "the records changed during every try";
    const isCalledUp = this.#isCalledUp;
    const foreseen = this.#foreseen;
    this.#isCalledUp = false;
    this.#foreseen = undefined;
    for (let round = 0; round < roundsPerAttempt; round += 1) {
      try {
        // Out of turn we are polite once; then the line is taken for broken.
        const manners = isCalledUp || round > 0 ? "at once" : "in line";
        const attempt =
          round === 0 && foreseen !== undefined
            ? await takeAsForeseen(tools, foreseen, signal)
            : await tryToTake(tools, manners, signal);
        if (attempt?.kind === "won") this.#keepKey(attempt.leadership.epoch);
        // Whoever leads is told anew where it stands, also when that is where it stood before.
        if (attempt?.kind === "won") this.#placeTold = undefined;
        if (attempt?.kind === "led") this.#tellLeader(attempt.epoch, attempt.leader);
        if (attempt !== undefined) return attempt;
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
        const failure = refusalOf(error);
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

  async turn(signal: AbortSignal): Promise<void> {
    using waiting = new Scope(signal, this.#tools.client.ended);
    while (!waiting.signal.aborted) {
      try {
        this.#isCalledUp = await this.#nobodyLeadsAtOurTurn(waiting.signal);
        if (this.#isCalledUp) return;
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
        if (waiting.signal.aborted) return;
        const refusal = refusalOf(error);
        // Where its parent is gone too, an attempt finds out: it is not the line's to make.
        if (refusal !== undefined || error.code === "no-node") {
          await this.#withoutTheLine(refusal?.detail ?? error.message, waiting.signal);
          return;
        }
        await this.#tools.scheduler.sleep(linePauseMs, waiting.signal);
      }
    }
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#leadership?.abandon();
    await this.#makeWay(signal);
    await this.#tools.client.close(signal);
    this.#leaveBehind();
  }

  abandon(): void {
    this.#leadership?.abandon();
    this.#tools.client.abandon();
  }

  /** Reads who leads and who stands in line, and tells the observer: see Coordinator. */
  async survey(signal: AbortSignal): Promise<void> {
    try {
      await this.#owner(signal);
      const place = await this.#line.look(signal);
      if (place !== undefined && !isSamePlace(place, this.#placeTold)) this.#tellPlace(place);
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
    }
  }

  async #makeWay(signal: AbortSignal): Promise<void> {
    const { client, scheduler } = this.#tools;
    const resignedAt = this.#leadership?.resignedAt;
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

  /** Waits for one thing to change; true when an attempt is worth while. */
  async #nobodyLeadsAtOurTurn(signal: AbortSignal): Promise<boolean> {
    const { client } = this.#tools;
    const owner = await this.#owner(signal);
    if (owner.kind === "us") return true;
    const leader = owner.kind === "other" ? owner.leader?.replica : undefined;
    const place = await this.#line.place(leader, signal);
    if (place === undefined)
      return await this.#withoutTheLine("it does not show our entry", signal);
    this.#tellPlace(place);
    const { predecessor } = place;
    if (predecessor === undefined) {
      await this.#untilNobodyLeads(signal);
      return !signal.aborted;
    }
    try {
      const { watch } = await client.getData(predecessor, { watch: signal, signal });
      await watch;
    } catch (error) {
      // It left between the two reads, so the line is to be read again.
      if (!(error instanceof ZooKeeperError && error.code === "no-node")) throw error;
    }
    return false;
  }

  async #untilNobodyLeads(signal: AbortSignal): Promise<void> {
    using following = new Scope(signal);
    try {
      void this.#termWatch.follow(following.signal);
      await this.#leaderWatch.untilGone(signal);
    } finally {
      following.abort();
    }
    const { foreseen } = this.#termWatch;
    // Only what was watched to its end, without a gap, is known well enough to go by.
    const isKnown = this.#leaderWatch.lastRenewalOf(foreseen?.epoch) !== undefined;
    this.#foreseen = isKnown ? foreseen : undefined;
  }

  /** The regular attempts remain: they do not depend on the line. */
  async #withoutTheLine(why: string, signal: AbortSignal): Promise<false> {
    const detail = `the line is out of use: ${why}`;
    this.#tools.observer.observe({ kind: "notice", level: "warn", detail });
    await aborted(signal);
    return false;
  }

  #keepKey(epoch: Epoch | undefined): void {
    this.#tools.keep?.(this.#keyWith(epoch));
  }

  #keyWith(epoch: Epoch | undefined): SessionKey {
    const { sessionId, password } = this.#tools.client;
    return { sessionId, password, epoch };
  }

  /** Hands on what was not surely closed, with its leader node. */
  #leaveBehind(): void {
    const { client, leaveBehind } = this.#tools;
    const leadership = this.#leadership;
    this.#leadership = undefined;
    if (leadership === undefined || leadership.resignedAt !== undefined) return;
    if (client.end?.confirmed) return;
    // Without having resigned it may have an effect running, or an earlier lease to wait for.
    leaveBehind(this.#keyWith(leadership.hasResigned ? leadership.epoch : undefined));
  }

  async #awaitTheEnd(): Promise<void> {
    const { client } = this.#tools;
    await aborted(client.ended);
    const failure = failureOfEnd(client.end);
    if (failure === undefined) return;
    this.lost.end(failure);
    this.#leadership?.abandon();
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
