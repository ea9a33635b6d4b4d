import type { Assignment, StopSignalName } from "./messages.ts";

/** The operating system, as far as a supervisor needs it. */
export interface Processes {
  /** Starts the command in a session of its own. */
  start(assignment: Assignment): Started;
  /**
   * The processes of the command that are found alive: also those that left its group or its
   * session, and those whose parent has died. One that forks meanwhile can be missed.
   */
  living(): readonly number[];
  /** Whether any process of the command lives, or has died a moment ago. `false` is exact. */
  anyLives(): boolean;
  /**
   * Sends SIGKILL to all that can be found: to be called until none lives. A call takes a fraction
   * of a second at most, however they hide.
   * @param near the number of a process that was an ancestor of all: where one looks first
   */
  kill(near?: number): void;
  /**
   * Kills until none lives, and returns only then. It waits for nothing but the kernel: the last
   * act of a process that can rely on nothing else any more.
   */
  killAll(): void;
  /** Buries the dead that nobody else will: to be called now and then. */
  reap(): void;
  /** Sends a signal; processes that are gone meanwhile do not matter. */
  signal(pids: readonly number[], signal: StopSignalName): void;
}

export type Started =
  /** `exited` resolves with the exit status: 128 and the number of a signal that killed it. */
  | { readonly kind: "started"; readonly pid: number; readonly exited: Promise<number> }
  | { readonly kind: "failed"; readonly detail: string };
