import type { Assignment, StopSignalName } from "./messages.ts";

/** The operating system, as far as a supervisor needs it. */
export interface Processes {
  /** Starts the command in a session of its own. */
  start(assignment: Assignment): Started;
  /**
   * Every process of the command that lives: also those that left its group or its session, and
   * those whose parent has died.
   */
  living(): readonly number[];
  /** Buries the dead that nobody else will: to be called now and then. */
  reap(): void;
  /** Sends a signal; processes that are gone meanwhile do not matter. */
  signal(pids: readonly number[], signal: StopSignalName | "SIGKILL"): void;
}

export type Started =
  /** `exited` resolves with the exit status: 128 and the number of a signal that killed it. */
  | { readonly kind: "started"; readonly pid: number; readonly exited: Promise<number> }
  | { readonly kind: "failed"; readonly detail: string };
