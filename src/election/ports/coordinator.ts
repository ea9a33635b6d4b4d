import type { Ending, Failure } from "../failure.ts";
import type { Instant } from "../../base/scheduler.ts";
import type { LeaseTiming } from "./lease-timing.ts";

declare const epoch: unique symbol;
declare const replicaId: unique symbol;

/** The number of a leadership. Every later leadership of the same service has a higher one. */
export type Epoch = bigint & { readonly [epoch]: true };

/** What a replica calls itself: unique among the replicas of one service. */
export type ReplicaId = string & { readonly [replicaId]: true };

/** Who leads, or stands in line: written by each replica about itself, read by all. */
export interface ReplicaInfo {
  readonly replica: ReplicaId;
  readonly host: string;
  readonly pid: number;
  /** Where its HTTP endpoints answer; null when they are off. */
  readonly httpAddress: string | null;
  /** When this record was written, in ISO 8601: for people. */
  readonly since: string;
}

/**
 * The service that orders the replicas. Its adapter owns the protocol; no rule knows it.
 *
 * What the rules rest on, whatever becomes of networks and processes, as long as each clock runs
 * within 1 % of true time:
 *
 * - I1: At any instant at most one leadership of a service may act.
 * - I2: A later leadership has a higher epoch than every one before it.
 * - I3: A successor acts at once after `resign`. After anything else it acts only when the lease of
 *   its predecessor is surely over.
 * - I4: What waits for the coordinator ends soon after its signal aborts, and never rejects.
 *
 * Every promise of this file is a clause of test/contract/coordinator, for each coordinator alike.
 */
export interface Coordinator {
  /**
   * Connects, and makes sure that the service's records exist. Resolves with a session of which
   * nothing was used before, or with the failure. It waits no longer than `Patience.answersMs`,
   * what an earlier session of ours still holds included. It ends early, as `unreachable`, when
   * `signal` aborts.
   */
  open(signal: AbortSignal): Promise<Opening>;
  /**
   * Reads who leads and who stands in line, and tells the observer. For people who look on:
   * nothing depends on it. Tells nothing without a session, and never rejects.
   */
  survey(signal: AbortSignal): Promise<void>;
  /**
   * Ends what goes on for sessions that are over, in a moment's time and by `limit` at the latest.
   * Resolves with what they hold still, in words for a person; undefined when that is nothing. The
   * process ends after it: nothing is opened any more.
   */
  leave(limit: AbortSignal): Promise<string | undefined>;
}

/** How an opening ended. */
export type Opening =
  | { readonly kind: "opened"; readonly session: Session }
  | { readonly kind: "failed"; readonly failure: Failure };

/** One registration with the coordinator. It survives short disconnections, until it is lost. */
export interface Session {
  /** The coordinator's name for it: for people. */
  readonly id: string;
  /**
   * Ended once the coordinator has forgotten the session, or must be assumed to have. Closing and
   * abandoning it here do not end it.
   */
  readonly lost: Ending;
  /**
   * An epoch that no leadership exceeds which was given before the call; undefined when the
   * coordinator does not answer. A record with a higher one was written before the coordinator lost
   * its memory.
   */
  horizon(signal: AbortSignal): Promise<Epoch | undefined>;
  /**
   * Tries once to become leader. It reads first and writes only when nobody leads. A predecessor
   * that did not release leadership is waited out in here, so `won` means: may act now.
   * @param call what the turn right before resolved with, or `outOfTurn`. It only saves time: who
   *   leads is decided by the coordinator, also when much has happened since the call.
   */
  attempt(call: Call, signal: AbortSignal): Promise<Attempt>;
  /** Who leads, read without the wish to: it neither registers nor attempts. */
  sighting(signal: AbortSignal): Promise<Sighting>;
  /**
   * Stands in line, and resolves when an attempt is worth while: it is this replica's turn and
   * nobody leads. Resolves as well when `signal` aborts or the session is over, and is out of turn
   * then. The call is for the next attempt of this session alone.
   *
   * A session has one place. It is kept when a turn ends and is asked for again, and goes with the
   * leadership that is given up, and with the session.
   */
  turn(signal: AbortSignal): Promise<Call>;
  /**
   * Tells the coordinator to forget the session, and frees all that belongs to it. Idempotent.
   * From the call on, `mayAct` of its leadership is false.
   * Waits for the answer until `signal` aborts at the latest; then the session runs out by itself.
   *
   * One that has led is not left to that alone. What `resign` could not give up is given up as soon
   * as the coordinator can be reached again. Without `resign` the session is only closed then.
   */
  close(signal: AbortSignal): Promise<void>;
  /**
   * Frees what the session holds here without telling the coordinator: as a crash would. From the
   * call on, `mayAct` of its leadership is false.
   */
  abandon(): void;
}

/**
 * How a wait in line ended, handed on to the attempt after it. A coordinator may keep in it what it
 * learned while waiting: nobody else looks at that.
 */
export interface Call {
  /** Whether it was this replica's turn, and nobody led. */
  readonly isOurTurn: boolean;
}

/** The call of an attempt that no turn came before: of the first one, and of a regular one. */
export const outOfTurn: Call = { isOurTurn: false };

/** Who was seen to lead. */
export type Sighting =
  | { readonly kind: "led"; readonly leader: ReplicaInfo | undefined }
  | { readonly kind: "nobody" }
  /** The coordinator did not answer, or not clearly: an attempt settles it. */
  | { readonly kind: "unknown" };

/** How an attempt ended. */
export type Attempt =
  | { readonly kind: "won"; readonly leadership: Leadership }
  | { readonly kind: "led"; readonly leader: ReplicaInfo | undefined; readonly epoch: Epoch }
  /** The coordinator did not answer, or not clearly: a later attempt settles it. */
  | { readonly kind: "undecided"; readonly detail: string }
  /** The coordinator refuses us, and would again: the session is of no use. */
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * Leadership as long as its lease is renewed, which the adapter does by itself.
 * Danger: holding this object proves nothing. `mayAct` is asked directly before every effect.
 */
export interface Leadership {
  readonly epoch: Epoch;
  /** As it was granted to the session that holds it. */
  readonly timing: LeaseTiming;
  /** The end of the lease as it stands. It moves with every acknowledged renewal. */
  readonly validUntil: Instant;
  /** When the last acknowledged renewal was sent. */
  readonly renewedAt: Instant;
  /** Whether an effect may start at this very moment: read off the clocks, never remembered. */
  mayAct(): boolean;
  /** Resolves when `validUntil` has moved by a renewal, or when `signal` aborts. */
  renewal(signal: AbortSignal): Promise<void>;
  /** Ended once leadership is over without our doing. */
  readonly lost: Ending;
  /**
   * Gives leadership up, so that a successor need not wait; also when the lease is over, because
   * the coordinator may not know of that for long. From the call on, `mayAct` is false. `unknown`
   * when the answer was lost, or when the lease is over and nobody can be asked: then the session
   * must be closed. Nothing is repeated: a second call resolves as the first one.
   * Danger: only when no effect runs any more. The call says so for later as well: what it leaves
   * unknown, `Session.close` gives up.
   */
  resign(signal: AbortSignal): Promise<Resignation>;
}

/** How a resignation ended. */
export type Resignation =
  { readonly kind: "resigned" } | { readonly kind: "unknown"; readonly detail: string };
