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

/**
 * Why a command cannot be stopped before the end of a lease that is not renewed, or before the
 * daemon itself has to end, with the arithmetic; undefined when it can.
 */
export function timingProblem(timings: CommandTimings): string | undefined {
  const { sessionTimeoutMs, execStopTimeoutMs, stopTimeoutMs } = timings;
  const option = `--exec-stop-timeout "${execStopTimeoutMs}ms"`;
  const leaseMs = leaseDurationMs(sessionTimeoutMs);
  const renewalMs = renewalIntervalMs(sessionTimeoutMs);
  const marginMs = killMarginMs(sessionTimeoutMs);
  const waitMs = answerMs(sessionTimeoutMs);
  const roomMs = leaseMs - renewalMs - waitMs - marginMs;
  if (execStopTimeoutMs > roomMs) {
    return (
      `${option}: expected at most ${Math.max(0, roomMs)}ms with a session timeout of ` +
      `${sessionTimeoutMs}ms: a lease of ${leaseMs}ms, less ${renewalMs}ms until it is renewed, ` +
      `${waitMs}ms for the answer and ${marginMs}ms to die; or a longer --session-timeout`
    );
  }
  if (execStopTimeoutMs + marginMs < stopTimeoutMs) return undefined;
  const mostMs = stopTimeoutMs - marginMs;
  return `${option}: expected less than ${mostMs}ms, so that it fits into --stop-timeout`;
}
