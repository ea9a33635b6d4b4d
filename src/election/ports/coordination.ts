import type { Bound, FailoverSettings } from "../failover-bound.ts";
import type { Coordinator, ReplicaInfo } from "./coordinator.ts";
import type { CrashRecords, LeftBehindRecords, Teller } from "./crash-records.ts";
import type { Finding } from "./finding.ts";
import type { LeaseTiming, Patience } from "./lease-timing.ts";
import type { Observer } from "./observer.ts";
import type { Roster } from "./roster.ts";

/**
 * One way to agree on a leader: what the composition and the commands need of it. It lives longer
 * than any of its sessions: from before Init until after Stopping.
 */
export interface Coordination extends AsyncDisposable {
  /** What it is called, for people. */
  readonly name: string;
  /** Tells this service from every other one: the same text in every replica of it. */
  readonly service: string;
  /** Where the service is kept, and the option that says so: for people. */
  readonly place: { readonly name: string; readonly option: string };
  /** The times of the lease: as they were asked for, and as they are granted once that is known. */
  readonly timing: LeaseTiming;
  /** How long it may take to answer; it grows with what is granted. */
  readonly patience: Patience;
  /** How many requests are unanswered at this moment: for metrics only. */
  readonly pendingRequests: number;
  /**
   * Begins what goes on beside the sessions. It is called once, by a process that takes part, and
   * before its coordinator opens the first session; all else may be asked before, and without it.
   * Resolves when sessions can be opened, however long that takes, or when `signal` aborts.
   * Disposal ends it, after the last session.
   */
  start(signal: AbortSignal): Promise<void>;
  /** The coordinator of the replica in this process: it is asked for once. */
  coordinator(means: CoordinatorMeans): Coordinator;
  /** How long the service is without a leader at most, by the timing that is known. */
  bounds(settings: FailoverSettings): readonly Bound[];
  /** Who takes part. It takes no part itself, and changes nothing. */
  roster(signal: AbortSignal): Promise<Roster>;
  /** Looks at everything that a replica would need of the coordinator. It takes no part. */
  examine(signal: AbortSignal): Promise<Examination>;
  /**
   * Gives up what dead processes of this host held, so that the next in line need not wait until
   * that has run out; it takes `patience.expiryMs` at most. Resolves with whether all is done. It
   * lets go of every record that it takes, also when `signal` has aborted before.
   */
  releaseLeftBehind(left: LeftBehindRecords, tell: Teller, signal: AbortSignal): Promise<boolean>;
}

/** What one replica hands to its coordinator. */
export interface CoordinatorMeans {
  readonly observer: Observer;
  /** What is said of us to the others, as of now. */
  readonly describe: () => ReplicaInfo;
  /** Keeps what it takes to release our session after our death; undefined for nothing. */
  readonly records: CrashRecords | undefined;
  /** Hears of what could not be kept there. */
  readonly tell: Teller;
}

/** What an examination of the coordinator came to. */
export interface Examination {
  /** Of its servers, and of the service: what `check` prints. */
  readonly findings: readonly Finding[];
  readonly roster: Roster;
  /** As it would be granted; as it was asked for where nobody answers. */
  readonly timing: LeaseTiming;
  /** The same, where servers grant different ones: by the one that grants the shortest lease. */
  readonly shortestTiming: LeaseTiming;
  /** What bounds the time without a leader, see `Coordination.bounds`. */
  forecast(settings: FailoverSettings): Forecast;
}

/** The longest time without a leader, as far as it can be known beforehand. */
interface Forecast {
  readonly finding: Finding;
  /** The figures, and what they were reckoned with: for JSON. Null when nobody answers. */
  readonly figures: Readonly<Record<string, unknown>> | null;
}
