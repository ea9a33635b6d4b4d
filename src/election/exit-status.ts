/** How the process ends. Source: sysexits.h for 69 (unavailable) and 70 (software). */
export const exitCodes = {
  /** Asked to stop by a signal, and everything was given up in order. */
  stopped: 0,
  /** The command line, the environment or the env file is wrong. */
  usage: 2,
  /** `status`: the replica answers, but takes no part in the election. Source: LSB, "status". */
  takesNoPart: 3,
  /** `check`: everything works, and something should not stay as it is. */
  warnings: 4,
  /** `step-down`: the replica refuses. Source: sysexits.h, EX_NOPERM */
  refused: 77,
  /** Self-repair has used up its attempts; `status`: no answer. */
  exhausted: 69,
  /** Stopped by the time limit with an effect still running; nothing was given up. */
  effectRunning: 70,
} as const;

export interface ExitStatus {
  readonly code: (typeof exitCodes)[keyof typeof exitCodes];
  /** Whether everything that was held was given up, so that a successor need not wait. */
  readonly clean: boolean;
  /** One sentence for the last log line. */
  readonly reason: string;
}
