/** A thing that a replica needs and that can fail. Each has its own budget of repair attempts. */
export type Resource = "coordinator" | "duty";

/**
 * Why leadership, or the chance of it, was lost.
 *
 * - `unreachable`: the coordinator did not answer in time.
 * - `session-lost`: the coordinator has (or must be assumed to have) forgotten us.
 * - `rejected`: the coordinator refuses us: credentials, permissions, its configuration.
 * - `records-missing`: the coordinator's records of the service are gone; Init makes them anew.
 * - `lease-ended`: no renewal was acknowledged in time, or the machine was suspended.
 * - `leadership-lost`: by the coordinator nobody leads any more, or somebody else does.
 * - `duty-failed`: the leader's duty cannot be done here: directory gone, disk full, ...
 * - `fenced`: the duty's own records carry a higher epoch than ours.
 */
export type FailureCode =
  | "unreachable"
  | "session-lost"
  | "rejected"
  | "records-missing"
  | "lease-ended"
  | "leadership-lost"
  | "duty-failed"
  | "fenced";

/** Why a state is left: the code of the failure that ended it, or what happened instead. */
export type Reason =
  FailureCode | "ready" | "elected" | "step-down" | "signal" | "repaired" | "exhausted";

/** A failed resource, as it is logged, shown and counted. */
export interface Failure {
  readonly resource: Resource;
  readonly code: FailureCode;
  /** One sentence for a person: what failed, and where there is one, the cure. */
  readonly detail: string;
}

/** Something that ends at most once, with the failure that ended it. */
export class Ending {
  readonly #controller = new AbortController();
  #failure: Failure | undefined;

  /** Aborted once it ended. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why it ended; undefined while it has not. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Ends it. The first failure stays; later ones are consequences. */
  end(failure: Failure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#controller.abort();
  }
}
