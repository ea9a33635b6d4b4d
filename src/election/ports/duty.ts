import type { Epoch } from "./coordinator.ts";
import type { LeaseTiming } from "./lease-timing.ts";
import type { Failure, Reason } from "../failure.ts";
import type { Instant } from "../../base/scheduler.ts";

/** What a leader does with its leadership. */
export interface Duty {
  /**
   * Proves that the duty could be done here and now, and cleans up what an earlier process of ours
   * left behind. Never rejects. It may take for ever; calls made meanwhile join the one under way.
   */
  prove(): Promise<Proof>;
  /**
   * Does the duty until `signal` aborts or it cannot go on. It asks `mandate.mayAct` before every
   * effect and directly before the effect becomes visible. It resolves only when no effect of it
   * runs any more, and never rejects.
   */
  lead(mandate: Mandate, signal: AbortSignal): Promise<DutyEnd>;
}

export type Proof =
  | {
      readonly kind: "proved";
      /** The highest epoch that the duty's own records carry, where there are any. */
      readonly fence: { readonly epoch: Epoch; readonly failure: Failure } | undefined;
    }
  | { readonly kind: "failed"; readonly failure: Failure };

/** The duty's view of a leadership. */
export interface Mandate {
  readonly epoch: Epoch;
  /** As it is granted at this moment. */
  readonly timing: LeaseTiming;
  /** Whether an effect may start at this very moment. */
  mayAct(): boolean;
  /** The end of the lease as it stands: an effect that goes on must have ended by then. */
  validUntil(): Instant;
  /** Resolves when `validUntil` has moved, or when `signal` aborts. */
  renewal(signal: AbortSignal): Promise<void>;
  /** Why the duty was told to end; undefined while it was not. */
  endReason(): Reason | undefined;
  /** Says that one effect was completed, so the resource behind it works (again). */
  worked(): void;
  /** Says that an effect hangs. Leadership is left to others; the effect may still end later. */
  hangs(failure: Failure): void;
}

export type DutyEnd =
  { readonly kind: "stopped" } | { readonly kind: "failed"; readonly failure: Failure };
