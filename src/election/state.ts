import type { Coordinator, Leadership, Session } from "./ports/coordinator.ts";
import type { Duty, DutyEnd } from "./ports/duty.ts";
import type { Failure, Reason } from "./failure.ts";
import type { Observer } from "./ports/observer.ts";
import type { RepairBudget } from "./repair-budget.ts";
import type { Scheduler } from "../base/scheduler.ts";
import type { StepDown } from "./step-down.ts";
import type { StateName, Successor } from "./transitions.ts";

/** A state, with what the replica holds while it is in it. */
export type State =
  | { readonly kind: "Init"; readonly session: Session | undefined }
  | {
      readonly kind: "Attempter";
      readonly session: Session;
      /** We made room on purpose: those who stand in line go first. */
      readonly yields: boolean;
    }
  | { readonly kind: "Leader"; readonly session: Session; readonly leadership: Leadership }
  | { readonly kind: "Failover"; readonly failure: Failure; readonly holdings: Holdings }
  | { readonly kind: "Stopping"; readonly cause: StopCause; readonly holdings: Holdings };

export type StateOf<Name extends StateName> = Extract<State, { readonly kind: Name }>;

/** What must be let go of, in order: the tenure's effect, its leadership, the session. */
export interface Holdings {
  readonly session: Session | undefined;
  readonly tenure: Tenure | undefined;
}

/** A leadership whose duty was begun, and told to end. */
export interface Tenure {
  readonly leadership: Leadership;
  /** Resolves when no effect of the duty runs any more. */
  readonly ended: Promise<DutyEnd>;
}

type StopCause =
  /** `detail` says who wants it so. */
  | { readonly kind: "signal"; readonly detail: string }
  | { readonly kind: "exhausted"; readonly failure: Failure };

/** An edge that leads to a state `To`. */
interface Edge<To extends State> {
  readonly to: To;
  readonly reason: Reason;
  /** One sentence for a person. */
  readonly detail: string;
}

/** An edge out of `From`: only those of the table in transitions.ts compile. */
export type Transition<From extends StateName> = Edge<StateOf<Successor<From>>>;

/** An edge of any state that has one. */
export type AnyTransition = {
  [Name in Exclude<StateName, "Stopping">]: Transition<Name>;
}[Exclude<StateName, "Stopping">];

/** What every state works with. */
export interface Context {
  readonly scheduler: Scheduler;
  readonly coordinator: Coordinator;
  readonly duty: Duty;
  readonly observer: Observer;
  readonly budget: RepairBudget;
  readonly timings: Timings;
  /**
   * How long ending the duty may take without anything being wrong, in milliseconds, at this
   * moment: so long it bounds itself. 0 for a duty that is to end at once.
   */
  readonly dutyEndMs: number;
  /** Why the duty cannot be done under the lease as it is granted at this moment. */
  readonly dutyProblem: Failure | undefined;
  readonly stepDown: StepDown;
  /** Aborted when the process shall stop; with a text as its reason where no signal asks for it. */
  readonly stop: AbortSignal;
}

/** All in milliseconds. They may change while the replica runs, and so are read at each use. */
export interface Timings {
  /** A replica that waits reads again after this time, whatever it was told. */
  readonly attempterTimeoutMs: number;
  /** The pause before every repair attempt. */
  readonly failoverTimeoutMs: number;
  /** What Stopping may take in all. */
  readonly stopTimeoutMs: number;
}

/** The edge that every state has: a resource failed. */
export function toFailover(failure: Failure, holdings: Holdings): Edge<StateOf<"Failover">> {
  return {
    to: { kind: "Failover", failure, holdings },
    reason: failure.code,
    detail: failure.detail,
  };
}

/** The other edge that every state has: we were asked to stop, or have nothing more to do. */
export function toStopping(
  { stop }: Pick<Context, "stop">,
  holdings: Holdings,
): Edge<StateOf<"Stopping">> {
  const reason: unknown = stop.reason;
  const detail = typeof reason === "string" ? reason : "asked to stop";
  return {
    to: { kind: "Stopping", cause: { kind: "signal", detail }, holdings },
    reason: "signal",
    detail,
  };
}
