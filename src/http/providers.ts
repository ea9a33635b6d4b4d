import type { ReplicaInfo } from "../election/ports/coordinator.ts";
import type { StateName } from "../election/transitions.ts";
import type { Changes } from "./changes.ts";

/** The sources of all that the endpoints tell: they are asked anew for every request. */
export interface Providers {
  readonly state: () => StateName;
  /** Whether this replica leads at this very moment: in Leader, with a lease that holds. */
  readonly isLeader: () => boolean;
  /** The epoch it leads; undefined when it does not. */
  readonly epoch: () => bigint | undefined;
  /** Who leads, as far as is known here. */
  readonly leader: () => ReplicaInfo | undefined;
  /** Anything that JSON can hold, field by field. */
  readonly status: () => object;
  /** Calls `listener` after every change of the status, until disposed. */
  readonly listen: (listener: () => void) => Disposable;
  /** Asks what the other replicas do, and brings it into the status, while streams are read. */
  readonly look: (signal: AbortSignal) => Promise<void>;
  readonly metrics: () => Promise<string>;
  /** The content type of the metrics. */
  readonly metricsType: string;
  readonly changes: Changes;
}
