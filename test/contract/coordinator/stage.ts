import type { Coordination } from "../../../src/election/ports/coordination.ts";
import type { Coordinator, ReplicaInfo } from "../../../src/election/ports/coordinator.ts";
import type { Scheduler } from "../../../src/base/scheduler.ts";
import type { Recorder } from "../../fake/election.ts";
import type { Play } from "./play.ts";

/** The process of one replica, as the clauses may treat it. */
export interface ContractReplica {
  readonly coordinator: Coordinator;
  readonly coordination: Pick<Coordination, "timing" | "patience" | "pendingRequests">;
  /** What it says about itself. */
  readonly info: ReplicaInfo;
  /** What its coordinator has told. */
  readonly events: Recorder;
  /** How many changes it has asked for so far. */
  readonly writes: number;
  /** Cuts it off: its connections break, and no new one is made. */
  cut(): void;
  /** It is heard, and hears nothing. */
  deafen(): void;
  /** Undoes both. */
  heal(): void;
  /** Its process is gone, without a word to anybody. */
  crash(): void;
}

/**
 * A way to agree on a leader, as the clauses find it: nothing here knows which. Each clause plays a
 * service of its own.
 */
export interface CoordinatorStage {
  /** Starts the process of a replica with this id. */
  replica(id: string): ContractReplica;
  /** The clock that the clauses measure by. */
  readonly scheduler: Scheduler;
  /** How late anything may be that happens here, in milliseconds. */
  readonly slackMs: number;
  /** After this time at the latest a replica that nobody hears has been forgotten. */
  readonly forgottenMs: number;
}

/** One promise of election/ports/coordinator.ts. */
export interface CoordinatorClause {
  readonly name: string;
  readonly check: (play: Play) => Promise<void>;
}
