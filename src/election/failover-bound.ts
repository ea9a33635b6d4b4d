/** The settings that bound the time without a leader with every coordinator. In milliseconds. */
export interface FailoverSettings {
  readonly attempterTimeoutMs: number;
  /** How long ending the duty may take, where that is bounded by itself; else 0. */
  readonly dutyEndMs: number;
  readonly stopTimeoutMs: number;
}

/** One summand of a bound. */
export interface BoundTerm {
  readonly what: string;
  readonly ms: number;
}

/** How long nobody leads at most, in one kind of change. */
export interface Bound {
  readonly kind: "hand-over" | "crash" | "crash-unseen" | "crash-without-line";
  /** The sum of the terms. */
  readonly ms: number;
  readonly terms: readonly BoundTerm[];
  /** What comes on top: commits of the coordinator, one after the other. */
  readonly commits: number;
}
