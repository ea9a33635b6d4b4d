import type { ErrorCode } from "./errors.ts";

/** Why a session is over, for good. */
export interface SessionEnd {
  /**
   * - `expired`: the servers have forgotten it, or must be assumed to have.
   * - `auth-failed`: a server refuses our credentials, or demands some.
   * - `closed`: its owner closed or abandoned it.
   */
  readonly kind: "expired" | "auth-failed" | "closed";
  /** Why, for people: a clause without a full stop. */
  readonly detail: string;
  /** A server said so: nothing of the session is left there. Otherwise it may live on. */
  readonly confirmed?: true;
}

/** What an observer is told: for logs and metrics, never for decisions. */
export type ClientEvent =
  /** One address of a server, or its name, could not be used. */
  | { readonly kind: "attempt-failed"; readonly server: string; readonly detail: string }
  /** Every server was tried in vain; the next round begins after a pause. */
  | { readonly kind: "round-failed" }
  /** A first or another session timeout was granted. */
  | { readonly kind: "timeout-granted"; readonly requestedMs: number; readonly grantedMs: number }
  /** The session was created. */
  | { readonly kind: "connected"; readonly server: string; readonly sessionId: bigint }
  /** The session goes on, perhaps on another server. */
  | { readonly kind: "resumed"; readonly server: string; readonly suspendedMs: number }
  /** The connection broke; the session goes on as soon as a server is found, if in time. */
  | { readonly kind: "suspended"; readonly server: string; readonly detail: string }
  /** The session is over: nothing more is told. */
  | { readonly kind: "ended"; readonly end: SessionEnd }
  /** A caller has the result of a request; the outcome is "ok" or an error's code. */
  | {
      readonly kind: "request";
      readonly operation: string;
      readonly outcome: "ok" | ErrorCode;
      readonly durationMs: number;
    };
