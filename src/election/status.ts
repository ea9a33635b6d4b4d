import type { ReplicaInfo } from "./ports/coordinator.ts";
import type { Bound } from "./failover-bound.ts";
import type { EventOf, Fact } from "./ports/observer.ts";
import type { Standing } from "./standing.ts";
import type { StateName } from "./transitions.ts";

/**
 * The picture that /status and /events give: fit for JSON as it is. Times are ISO 8601, ages
 * milliseconds.
 */
export interface Status {
  readonly version: string;
  /** This replica; `since` is when it started. */
  readonly replica: ReplicaInfo;
  readonly state: StateName;
  readonly stateSince: string;
  readonly stateMs: number;
  /** Why the replica is in its state: the last transition. Null before the first one. */
  readonly reason: string | null;
  readonly detail: string | null;
  /** Whether it leads at this moment: in Leader, with a lease that holds. */
  readonly isLeader: boolean;
  /** In decimal digits: a JSON number would lose some. Null unless in Leader. */
  readonly epoch: string | null;
  readonly lease: LeaseStatus | null;
  /** Who leads, as far as is known here; null when it is not. */
  readonly leader: LeaderStatus | null;
  /** How the replica takes part; null while it does not, and where it has not been read. */
  readonly standing: Standing | null;
  /** How long a step-down still keeps it from standing; null when nothing does. */
  readonly resting: { readonly remainingMs: number } | null;
  readonly coordinator: CoordinatorStatus;
  readonly duty: ResourceStatus;
  readonly files: FilesStatus;
  /** The command under leadership; null before the first one, and where there is none. */
  readonly command: CommandStatus | null;
  /** Every edge of the state machine, and how often it was taken since the start. */
  readonly edges: readonly EdgeStatus[];
  /** The latest first. */
  readonly transitions: readonly TransitionStatus[];
  /** Who led, as far as it was seen: the latest first, with a state-dir over restarts too. */
  readonly leaderships: readonly LeadershipChange[];
  readonly settings: readonly SettingStatus[];
  /** How long nobody leads at most: what follows from the settings. */
  readonly failover: readonly Bound[];
  readonly logLinesDropped: number;
}

interface LeaseStatus {
  readonly remainingMs: number;
  readonly renewalAgeMs: number;
}

export interface LeaderStatus extends ReplicaInfo {
  /** In decimal digits; null where it was not read. */
  readonly epoch: string | null;
  /** When that was last seen to be so: it may have changed since. */
  readonly seenAt: string;
}

/** Whether a resource worked when it was last used. */
export interface ResourceStatus {
  readonly health: "unknown" | "good" | "failed";
  /** What failed; null unless `health` is `failed`. */
  readonly detail: string | null;
  readonly since: string;
}

export interface CoordinatorStatus extends ResourceStatus {
  /** What this way to agree on a leader is called. */
  readonly name: string;
  /** What became of the link to it last; null before the first one was made. */
  readonly connection: {
    readonly change: EventOf<"connection">["change"];
    readonly detail: string;
    readonly since: string;
  } | null;
  /** What else it says of itself, in the order in which people are to read it. */
  readonly facts: readonly Fact[];
}

export interface FilesStatus {
  readonly written: number;
  readonly pruned: number;
  /** The latest first. */
  readonly latest: readonly {
    readonly at: string;
    readonly file: string;
    readonly epoch: string;
  }[];
}

export interface CommandStatus {
  readonly change: "started" | "stopping" | "stopped" | "exited";
  readonly since: string;
  readonly epoch: string;
  /** The exit status, once it has ended by itself. */
  readonly status: number | null;
  readonly detail: string;
}

interface EdgeStatus {
  readonly from: StateName;
  readonly to: StateName;
  readonly count: number;
}

/** One change of who leads, as one replica came to know of it. */
export interface LeadershipChange {
  readonly at: string;
  /** `began` and `ended`: told by the one who led. `seen`: by another, when it read of it. */
  readonly change: "began" | "seen" | "ended";
  readonly replica: string;
  readonly epoch: string;
  /** Why it ended; null for the others. */
  readonly reason: string | null;
  readonly detail: string | null;
}

export interface TransitionStatus {
  readonly at: string;
  readonly from: StateName;
  readonly to: StateName;
  readonly reason: string;
  readonly detail: string;
  readonly epoch: string | null;
}

/** One option and where its value came from; a secret arrives here masked already. */
export interface SettingStatus {
  readonly option: string;
  readonly value: string | null;
  readonly source: string;
  readonly place: string | null;
}
