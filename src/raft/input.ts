import type { NodeId, WantedMembers } from "./members.ts";
import type { RaftMessage } from "./message.ts";

/**
 * What may happen to a node. Its runner reads the clock after the input is in hand, and hands
 * in every message that has already arrived before it says `wake`.
 */
export type RaftInput =
  /** A message; that `from` is its sender was checked. */
  | { readonly kind: "message"; readonly from: NodeId; readonly message: RaftMessage }
  /** The instant that was named is reached. */
  | { readonly kind: "wake" }
  /** Entries to append, each opaque. Answered by `proposed`, or by a notice that says why not. */
  | { readonly kind: "propose"; readonly data: readonly Uint8Array[] }
  /** A write is durable; repeats three of its fields. */
  | {
      readonly kind: "persisted";
      readonly number: number;
      readonly term: number;
      readonly lastIndex: number;
    }
  /** The entry `index` of this term, and all before it, were applied. */
  | { readonly kind: "applied"; readonly index: number; readonly term: number }
  /** What the log could not give at once is in memory now. */
  | { readonly kind: "log-read" }
  /**
   * To campaign: as soon as the refusal allows it; or so after a random wait of up to a tenth of
   * the election timeout (a first start); or at once, as if the raft leader had asked for it.
   */
  | { readonly kind: "campaign"; readonly how: "now" | "soon" | "forced" }
  /** The raft leader hands its role to this voter. */
  | { readonly kind: "transfer"; readonly to: NodeId }
  /** The cluster is to consist of these. */
  | { readonly kind: "members"; readonly wanted: WantedMembers }
  /** A linearizable read is asked for; answered in `reads`, or never. */
  | { readonly kind: "read"; readonly id: string }
  /** Touches of sessions came in: `touchRound` says which round confirms them. */
  | { readonly kind: "touch" };
