import { leaseDurationMs, waitingOutMs } from "./lease.ts";

export interface FailoverConditions {
  /** What the servers granted. */
  readonly sessionTimeoutMs: number;
  /** The clock unit of the servers; undefined when they do not tell. */
  readonly tickMs: number | undefined;
  /** How long one commit takes, there and back. */
  readonly commitMs: number;
}

/** From the end of one leadership until the next may act: upper bounds, all in milliseconds. */
export interface FailoverBound {
  /** Given up in order, or released by a state directory: one commit to give up, one to take. */
  readonly gracefulMs: number;
  /** The leader died, and its session runs out; the first in line saw its last renewal. */
  readonly crashMs: number;
  /** The same, but the first in line was disconnected meanwhile, and waits a whole lease out. */
  readonly crashUnseenMs: number;
  /** The session timeout and the tick that were reckoned with. */
  readonly sessionTimeoutMs: number;
  readonly tickMs: number;
}

/** Servers grant no session shorter than so many ticks, unless told to. */
const leastSessionTicks = 2;
/**
 * A session ends with the bucket of one tick that its timeout falls into, and a follower tells the
 * ensemble's leader of its clients twice in a tick. Source: ExpiryQueue.java (roundToNextInterval);
 * Leader.java (tickTime / 2); LearnerHandler.java (ping).
 */
const lateTicks = 1 + 1 / 2;

/**
 * How long the service can be without a leader, while a quorum of the servers works. The line
 * decides who is next; should it be broken, an attempter-timeout comes on top.
 */
export function failoverBound(conditions: FailoverConditions): FailoverBound {
  const { sessionTimeoutMs, commitMs } = conditions;
  const tickMs = conditions.tickMs ?? sessionTimeoutMs / leastSessionTicks;
  const leaseWaitMs = waitingOutMs(leaseDurationMs(sessionTimeoutMs));
  const gracefulMs = Math.ceil(2 * commitMs);
  const expiryMs = sessionTimeoutMs + lateTicks * tickMs;
  return {
    gracefulMs,
    // The lease of a renewal that was seen is over before the session, but not by a rule of theirs.
    crashMs: Math.ceil(Math.max(expiryMs, leaseWaitMs)) + gracefulMs,
    crashUnseenMs: Math.ceil(expiryMs) + gracefulMs + leaseWaitMs,
    sessionTimeoutMs,
    tickMs,
  };
}
