import { leaseDurationMs, renewalIntervalMs } from "../election/lease.ts";

/** Dying takes time as well: SIGKILL comes so long before the end of the lease. */
export function killMarginMs(sessionTimeoutMs: number): number {
  return Math.min(500, Math.max(100, Math.floor(sessionTimeoutMs / 20)));
}

/** An acknowledgement may take so long after its renewal was due without stopping the command. */
function answerMs(sessionTimeoutMs: number): number {
  return Math.floor(sessionTimeoutMs / 10);
}

/**
 * Why a command cannot be stopped before the end of a lease that is not renewed, with the
 * arithmetic; undefined when it can.
 */
export function timingProblem(sessionTimeoutMs: number, stopTimeoutMs: number): string | undefined {
  const leaseMs = leaseDurationMs(sessionTimeoutMs);
  const renewalMs = renewalIntervalMs(sessionTimeoutMs);
  const marginMs = killMarginMs(sessionTimeoutMs);
  const waitMs = answerMs(sessionTimeoutMs);
  const roomMs = leaseMs - renewalMs - waitMs - marginMs;
  if (stopTimeoutMs <= roomMs) return undefined;
  return (
    `expected at most ${Math.max(0, roomMs)}ms with a session timeout of ${sessionTimeoutMs}ms: ` +
    `a lease of ${leaseMs}ms, less ${renewalMs}ms until it is renewed, ` +
    `${waitMs}ms for the answer and ${marginMs}ms to die; or a longer --session-timeout`
  );
}
