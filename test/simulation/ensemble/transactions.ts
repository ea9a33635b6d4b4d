import type { TreeNode } from "./tree.ts";

/** What a client or the leader wants to be changed. */
export type Operation =
  | {
      readonly kind: "create";
      readonly path: string;
      readonly data: Uint8Array;
      readonly ephemeral: boolean;
      readonly sequential: boolean;
      /** create2 answers with the Stat, create does not. */
      readonly withStat: boolean;
    }
  | { readonly kind: "delete"; readonly path: string; readonly version: number }
  | { readonly kind: "check"; readonly path: string; readonly version: number }
  | {
      readonly kind: "set";
      readonly path: string;
      readonly data: Uint8Array;
      readonly version: number;
    }
  | {
      readonly kind: "multi";
      readonly operations: readonly Exclude<
        Operation,
        { kind: "multi" | "create-session" | "close-session" }
      >[];
    }
  | { readonly kind: "create-session"; readonly timeoutMs: number }
  | { readonly kind: "close-session" };

/** What came of one operation. `error` is the wire's number; 0 is well. */
export interface Result {
  readonly error: number;
  readonly path?: string;
  readonly stat?: TreeNode;
  readonly withStat?: boolean;
}

/** One entry of the servers' log. */
export interface Transaction {
  readonly zxid: bigint;
  readonly session: bigint;
  readonly timeMs: number;
  readonly operation: Operation;
  /** Whose request it was, so that one server answers it; undefined when it was nobody's. */
  readonly origin: RequestOrigin | undefined;
}

/** The request that waits for a transaction, at the server that took it. */
export interface RequestOrigin {
  readonly server: number;
  settled(results: readonly Result[], zxid: bigint): void;
}
