import type { LeaseTiming } from "../election/ports/lease-timing.ts";

/** All in milliseconds. */
export interface CommandTimings {
  readonly execStopTimeoutMs: number;
  readonly stopTimeoutMs: number;
}

/** The same, where there are hooks. */
export interface HookTimings extends CommandTimings {
  readonly hookTimeoutMs: number;
}

/** Which commands a leader has. */
export interface CommandKinds {
  /** Whether there is one that may run when leadership ends. */
  readonly underLease: boolean;
  /** Whether there is one that runs behind it. */
  readonly onLost: boolean;
}

/** How long it takes at most to end a command that does not want to, in milliseconds. */
export function stoppingMs(
  { execStopTimeoutMs }: Pick<CommandTimings, "execStopTimeoutMs">,
  { killMarginMs }: LeaseTiming,
): number {
  return execStopTimeoutMs + killMarginMs;
}

/**
 * How long ending the commands of a leader takes at most, in milliseconds; 0 where there are none.
 * A hook that takes too long is stopped as a command is.
 */
export function dutyEndMs(
  timings: Omit<HookTimings, "stopTimeoutMs">,
  timing: LeaseTiming,
  { underLease, onLost }: CommandKinds,
): number {
  const endingMs = stoppingMs(timings, timing);
  return (underLease ? endingMs : 0) + (onLost ? timings.hookTimeoutMs + endingMs : 0);
}

/** Writes a duration in milliseconds as people give it. */
export type WriteDuration = (ms: number) => string;

/**
 * What is wrong with the stop timeout of commands when one cannot be stopped before the end of a
 * lease that is not renewed, or before the daemon itself has to end, with the arithmetic; undefined
 * when it can.
 */
export function timingProblem(
  { execStopTimeoutMs, stopTimeoutMs }: CommandTimings,
  timing: LeaseTiming,
  write: WriteDuration,
): string | undefined {
  const { sessionTimeoutMs, leaseMs, renewalMs, answerMs, killMarginMs } = timing;
  const roomMs = leaseMs - renewalMs - answerMs - killMarginMs;
  if (execStopTimeoutMs > roomMs) {
    return (
      `expected at most ${write(Math.max(0, roomMs))} with a session timeout of ` +
      `${write(sessionTimeoutMs)}: a lease of ${write(leaseMs)}, less ${write(renewalMs)} until ` +
      `it is renewed, ${write(answerMs)} for the answer and ${write(killMarginMs)} to die; ` +
      "or a longer --session-timeout"
    );
  }
  if (execStopTimeoutMs + killMarginMs < stopTimeoutMs) return undefined;
  const most = write(Math.max(0, stopTimeoutMs - killMarginMs));
  return `expected less than ${most}, so that it fits into --stop-timeout`;
}

/**
 * Why a daemon that stops may have to exit before its commands have ended; undefined when all of
 * them fit, one after the other.
 */
export function stopProblem(
  timings: HookTimings,
  timing: LeaseTiming,
  commands: CommandKinds,
  write: WriteDuration,
): string | undefined {
  const { hookTimeoutMs, stopTimeoutMs } = timings;
  const { underLease, onLost } = commands;
  const endingMs = stoppingMs(timings, timing);
  const neededMs = dutyEndMs(timings, timing, commands);
  if (!onLost || neededMs <= stopTimeoutMs) return undefined;
  const before = underLease ? `${write(endingMs)} to end a command, ` : "";
  return (
    `too short for --on-lost, so a stop may exit with 70: expected at least ${write(neededMs)}, ` +
    `${before}${write(hookTimeoutMs)} of --hook-timeout and ${write(endingMs)} to end it`
  );
}
