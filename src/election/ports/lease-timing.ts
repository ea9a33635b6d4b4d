/**
 * The times of a lease as a coordinator grants it, all in milliseconds. Every limit that hangs on
 * the lease is taken from here.
 */
export interface LeaseTiming {
  /** The session timeout that the others follow from: for people. */
  readonly sessionTimeoutMs: number;
  /** How long one confirmed renewal allows to act, counted from when it was sent. */
  readonly leaseMs: number;
  /** How long after one renewal was sent the next one is due. */
  readonly renewalMs: number;
  /** How long a confirmation may take, once it is due, without a command being asked to end. */
  readonly answerMs: number;
  /** A command is killed so long before the end of the lease: dying takes time as well. */
  readonly killMarginMs: number;
  /** An effect that takes longer hangs, and leadership is given up without it. */
  readonly effectMs: number;
}

/** How long the states wait for a coordinator that works, all in milliseconds. */
export interface Patience {
  /** Connecting, one question, and the end of the session take so long at most, together. */
  readonly answersMs: number;
  /** A look at who leads, and an attempt with all its tries, take so long at most. */
  readonly attemptMs: number;
  /** After this time whatever a dead process held has run out by itself. */
  readonly expiryMs: number;
  /** Whether an opening that failed uses up one of the repair attempts. */
  readonly countsOpenings: boolean;
}
