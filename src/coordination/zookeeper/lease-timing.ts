import type { LeaseTiming, Patience } from "../../election/ports/lease-timing.ts";
import { leastPatienceMs } from "../../zookeeper/limits.ts";

/** The lease is this share of the session timeout; the rest is the servers' to expire us in. */
const leaseShare = 2 / 3;
/** A renewal is sent every such share of the session timeout. */
const renewalShare = 1 / 4;
/**
 * A taker waits this much longer than the holder's lease: two raw clocks that each run within 1 %
 * of true time differ by less than 2.1 %, and the rest is for the rounding of timers.
 */
const waitingMargin = 0.03;
/** Connecting, one question and the session's end take a session timeout each at most. */
const answersTimeouts = 3;
/** How often one attempt tries: the records may change under a try. */
export const triesPerAttempt = 4;
/** A look takes a session timeout at most, and so does each try of the attempt behind it. */
const attemptTimeouts = 1 + triesPerAttempt;

/** The times of the lease that a session with this timeout, in milliseconds, gives. */
export function leaseTimingOf(sessionTimeoutMs: number): LeaseTiming {
  return {
    sessionTimeoutMs,
    leaseMs: leaseDurationMs(sessionTimeoutMs),
    renewalMs: Math.floor(sessionTimeoutMs * renewalShare),
    answerMs: Math.floor(sessionTimeoutMs / 10),
    killMarginMs: Math.min(500, Math.max(100, Math.floor(sessionTimeoutMs / 20))),
    effectMs: sessionTimeoutMs,
  };
}

/** How long one acknowledged renewal allows to act, in milliseconds. */
export function leaseDurationMs(sessionTimeoutMs: number): number {
  return Math.floor(sessionTimeoutMs * leaseShare);
}

/** How long connecting, with what belongs to it, may take before it is given up. */
export function requestLimitMs(sessionTimeoutMs: number): number {
  return Math.max(sessionTimeoutMs, leastPatienceMs);
}

/**
 * How long servers may take that work.
 * @param askedMs the session timeout that is asked for
 * @param longestMs the longest of that and what was granted so far
 */
export function patienceOf(askedMs: number, longestMs = askedMs): Patience {
  return {
    answersMs: answersTimeouts * longestMs,
    attemptMs: attemptTimeouts * longestMs,
    expiryMs: requestLimitMs(askedMs),
    countsOpenings: true,
  };
}

/**
 * How long a taker waits on its own clock until a holder's lease is surely over.
 * @param slewShare by how much that clock may be slewed besides, see Scheduler
 */
export function waitingOutMs(holderLeaseMs: number, slewShare = 0): number {
  return Math.ceil(holderLeaseMs * (1 + waitingMargin) * (1 + slewShare));
}
