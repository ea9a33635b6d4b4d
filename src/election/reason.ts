import type { FailureCode } from "./failure.ts";

/** Why a state is left: a failure's code, or what happened instead. */
export type Reason =
  FailureCode | "ready" | "elected" | "step-down" | "signal" | "repaired" | "exhausted";
