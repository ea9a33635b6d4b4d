import type { Instant } from "../base/scheduler.ts";

/** Runs commands, one at a time, whose whole life lies within a lease. */
export interface Commands {
  /** Why the command cannot be started here; undefined when it can, as far as one can tell. */
  problem(): string | undefined;
  start(order: Order): RunningCommand;
}

/** What is to be run, and for how long. */
export interface Order {
  /** What the command finds in its environment besides the daemon's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Not one process of the command lives at this instant, unless it is moved. */
  readonly until: Instant;
}

export interface RunningCommand {
  /** Resolves when not one process of the command lives any more. Never rejects. */
  readonly ended: Promise<CommandEnd>;
  /** Moves the end: the lease was renewed. Without effect once stopping has begun. */
  extend(until: Instant): void;
  /** Stops the command in order: the stop signal, the stop timeout, then SIGKILL. Idempotent. */
  stop(): void;
}

export type CommandEnd =
  /** By itself, with the status that a shell would give: 128 and the number of a signal. */
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "not-started"; readonly detail: string }
  /** By us: `asked` by `stop`, or because `until` came near. */
  | { readonly kind: "stopped"; readonly cause: "asked" | "deadline" }
  /** What stood between us and the command is gone; every process that it left was killed. */
  | { readonly kind: "unsupervised"; readonly detail: string };
