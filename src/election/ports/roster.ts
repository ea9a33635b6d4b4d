import type { Epoch, ReplicaInfo } from "./coordinator.ts";

/** Who takes part in one service, as the coordinator's records say. */
export type Roster =
  | {
      readonly kind: "read";
      /** Undefined when nobody leads. */
      readonly leader: RosterLeader | undefined;
      /** An epoch that no leadership given so far exceeds. */
      readonly horizon: Epoch;
      /** When it was read, by our wall clock: milliseconds since 1970. */
      readonly readAt: number;
      /** In the order of the line; the leader stands in it too, unless its entry is missing. */
      readonly line: readonly RosterEntry[];
    }
  | { readonly kind: "failed"; readonly detail: string };

/** One replica in the line. */
export interface RosterEntry {
  readonly info: ReplicaInfo;
  /** Whether it is this entry that leads: two replicas may go by one name. */
  readonly leads: boolean;
}

/** Who leads. */
interface RosterLeader {
  /** Undefined when the record says nothing that can be read. */
  readonly info: ReplicaInfo | undefined;
  readonly epoch: Epoch;
  /** When it was last renewed, by the coordinator's wall clock: milliseconds since 1970. */
  readonly renewedAt: number;
}
