import { leaseDurationMs, renewalIntervalMs } from "../election/lease.ts";

/** Dying takes time as well: SIGKILL comes so long before the end of the lease. */
export function killMarginMs(sessionTimeoutMs: number): number {
  return Math.min(500, Math.max(100, Math.floor(sessionTimeoutMs / 20)));
}

/** An acknowledgement may take so long after its renewal was due without stopping the command. */
function answerMs(sessionTimeoutMs: number): number {
  return Math.floor(sessionTimeoutMs / 10);
}

/** All in milliseconds. */
export interface CommandTimings {
  readonly sessionTimeoutMs: number;
  readonly execStopTimeoutMs: number;
  readonly stopTimeoutMs: number;
}

/** Writes a duration in milliseconds as people give it. */
export type WriteDuration = (ms: number) => string;

/**
 * What is wrong with the stop timeout of commands when one cannot be stopped before the end of a
 * lease that is not renewed, or before the daemon itself has to end, with the arithmetic; undefined
 * when it can.
 */
export function timingProblem(timings: CommandTimings, write: WriteDuration): string | undefined {
  const { sessionTimeoutMs, execStopTimeoutMs, stopTimeoutMs } = timings;
  const leaseMs = leaseDurationMs(sessionTimeoutMs);
  const renewalMs = renewalIntervalMs(sessionTimeoutMs);
  const marginMs = killMarginMs(sessionTimeoutMs);
  const waitMs = answerMs(sessionTimeoutMs);
  const roomMs = leaseMs - renewalMs - waitMs - marginMs;
  if (execStopTimeoutMs > roomMs) {
    return (
      `expected at most ${write(Math.max(0, roomMs))} with a session timeout of ` +
      `${write(sessionTimeoutMs)}: a lease of ${write(leaseMs)}, less ${write(renewalMs)} until ` +
      `it is renewed, ${write(waitMs)} for the answer and ${write(marginMs)} to die; or a longer ` +
      "--session-timeout"
    );
  }
  if (execStopTimeoutMs + marginMs < stopTimeoutMs) return undefined;
  const most = write(Math.max(0, stopTimeoutMs - marginMs));
  return `expected less than ${most}, so that it fits into --stop-timeout`;
}

/**
 * Why a daemon that stops may have to exit before its commands have ended; undefined when all of
 * them fit, one after the other.
 * @param underLease whether there is a command that may run when leadership ends
 */
export function stopProblem(
  timings: CommandTimings & { readonly hookTimeoutMs: number },
  { underLease, onLost }: { readonly underLease: boolean; readonly onLost: boolean },
  write: WriteDuration,
): string | undefined {
  const { sessionTimeoutMs, execStopTimeoutMs, hookTimeoutMs, stopTimeoutMs } = timings;
  const endingMs = execStopTimeoutMs + killMarginMs(sessionTimeoutMs);
  const hookMs = hookTimeoutMs + endingMs;
  const neededMs = (underLease ? endingMs : 0) + (onLost ? hookMs : 0);
  if (!onLost || neededMs <= stopTimeoutMs) return undefined;
  const before = underLease ? `${write(endingMs)} to end a command, ` : "";
  return (
    `too short for --on-lost, so a stop may exit with 70: expected at least ${write(neededMs)}, ` +
    `${before}${write(hookTimeoutMs)} of --hook-timeout and ${write(endingMs)} to end it`
  );
}
