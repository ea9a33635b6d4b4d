import type { Epoch, ReplicaInfo } from "./coordinator.ts";
import type { Failure, Resource } from "../failure.ts";
import type { Instant } from "../../base/scheduler.ts";
import type { Standing } from "../standing.ts";
import type { StateName } from "../transitions.ts";

/**
 * Hears what happens. It must not throw and not block: what it does with an event (log, count,
 * show) is its own business.
 */
export interface Observer {
  observe(event: ElectionEvent): void;
}

/** What an observer does with an event, by the event's kind: every kind has its key. */
export type Reactions = {
  readonly [Kind in EventKind]: (event: EventOf<Kind>) => void;
};

export type EventKind = ElectionEvent["kind"];

export type EventOf<Kind extends EventKind> = Extract<ElectionEvent, { readonly kind: Kind }>;

/** The reaction to a kind of event that means nothing to an observer. */
export const ignored = (): void => undefined;

/** Does what the table says for the event's kind. */
export function react(reactions: Reactions, event: ElectionEvent): void {
  // The key was made for this kind, which the compiler cannot follow.
  const reaction = reactions[event.kind] as (event: ElectionEvent) => void;
  reaction(event);
}

/** Everything that people or metrics may want to know. */
export type ElectionEvent =
  | TransitionEvent
  /** The coordinator answered an attempt. */
  | {
      readonly kind: "attempt";
      readonly outcome: "won" | "led" | "undecided" | "failed";
      readonly leader: ReplicaInfo | undefined;
      readonly detail: string | undefined;
    }
  /** Whose leadership was read, before or besides an attempt; `leader` when it could be read. */
  | {
      readonly kind: "leader-seen";
      readonly epoch: Epoch;
      readonly leader: ReplicaInfo | undefined;
    }
  /** A predecessor went without releasing leadership; we wait until its lease is surely over. */
  | {
      readonly kind: "waiting-out";
      readonly epoch: Epoch;
      readonly waitMs: number;
      readonly observed: boolean;
    }
  /** The lease began or was renewed. */
  | {
      readonly kind: "lease";
      readonly renewedAt: Instant;
      readonly validUntil: Instant;
      /** Whether its leadership allows an effect when this is asked: see Leadership. */
      readonly mayAct: () => boolean;
    }
  /**
   * The replica does not stand, as a step-down asked, before `until`. `leader` is who leads
   * meanwhile, with `led`; with `vacant` nobody does.
   */
  | {
      readonly kind: "resting";
      readonly change: "began" | "led" | "vacant" | "ended";
      readonly until: Instant;
      /** How long that is from now, in milliseconds. */
      readonly restMs: number;
      readonly leader: ReplicaInfo | undefined;
    }
  /** How the replica takes part was read. */
  | { readonly kind: "standing"; readonly standing: Standing }
  /** The link to the coordinator was made, is interrupted, goes on, or is over. */
  | {
      readonly kind: "connection";
      readonly change: "connected" | "suspended" | "resumed" | "lost";
      readonly detail: string;
      /** What else is to be said of it, in place of what the last such event said. */
      readonly facts: readonly Fact[];
    }
  /** The coordinator granted another timeout than was asked for. */
  | {
      readonly kind: "timeout-granted";
      readonly askedMs: number;
      readonly grantedMs: number;
      readonly detail: string;
      /** As for `connection`. */
      readonly facts: readonly Fact[];
    }
  | {
      readonly kind: "request";
      readonly operation: string;
      /** `ok`, or the adapter's code of the error. */
      readonly outcome: string;
      readonly durationMs: number;
    }
  /** One repair attempt of Failover. `left` attempts remain for this resource. */
  | {
      readonly kind: "repair";
      readonly resource: Resource;
      readonly attempt: number;
      readonly left: number;
      readonly failure: Failure | undefined;
    }
  | {
      readonly kind: "file-written";
      readonly file: string;
      readonly epoch: Epoch;
      readonly durationMs: number;
    }
  | { readonly kind: "files-pruned"; readonly count: number }
  /** The command under leadership: `status` is the exit status once it has ended by itself. */
  | {
      readonly kind: "command";
      readonly change: "started" | "stopping" | "stopped" | "exited";
      readonly epoch: Epoch;
      readonly status: number | undefined;
      readonly detail: string;
    }
  /** One line that the command wrote. */
  | {
      readonly kind: "command-output";
      readonly stream: "stdout" | "stderr";
      readonly line: string;
    }
  /** Something a person should know that changes no state. */
  | { readonly kind: "notice"; readonly level: "debug" | "info" | "warn"; readonly detail: string };

/** Something that a coordinator says of itself, and the rules do not know. */
export interface Fact {
  /** What it is about, in the coordinator's words: for programs. */
  readonly name: string;
  /** A few words for people, who need not see the name. */
  readonly value: string;
}

export interface TransitionEvent {
  readonly kind: "transition";
  readonly from: StateName;
  readonly to: StateName;
  readonly reason: string;
  readonly detail: string;
  /** The resource whose failure leads to Failover; undefined on the way to any other state. */
  readonly failed: Resource | undefined;
  /** The epoch that the replica led or leads; undefined when none is involved. */
  readonly epoch: Epoch | undefined;
}
