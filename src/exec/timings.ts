import type { LeaseTiming } from "../election/ports/lease-timing.ts";
import { formatDuration as write } from "../options/duration.ts";

/** All in milliseconds. */
export interface CommandTimings {
  readonly execStopTimeoutMs: number;
  readonly stopTimeoutMs: number;
}

/** With those of the hooks. */
interface HookTimings extends CommandTimings {
  readonly hookTimeoutMs: number;
}

/** Which commands a leader has: the one that runs while it leads, and those before and after. */
interface CommandKinds {
  readonly command: boolean;
  readonly onElected: boolean;
  readonly onLost: boolean;
}

/** How long it takes at most to end a command that does not want to, in milliseconds. */
export function stoppingMs(
  { execStopTimeoutMs }: Pick<CommandTimings, "execStopTimeoutMs">,
  { killMarginMs }: LeaseTiming,
): number {
  return execStopTimeoutMs + killMarginMs;
}

/** Which commands a leader has with these options, and `command` under leadership or not. */
export function commandKinds(
  { onElected, onLost }: { readonly onElected: unknown; readonly onLost: unknown },
  command: boolean,
): CommandKinds {
  return { command, onElected: onElected !== null, onLost: onLost !== null };
}

/** Whether there is a command that may run when leadership ends: on-lost runs behind the lease. */
export function runsUnderLease({ command, onElected }: CommandKinds): boolean {
  return command || onElected;
}

/**
 * How long a leader's commands take at most before its duty begins, in milliseconds. A hook that
 * takes too long is stopped as a command is.
 */
export function dutyBeginMs(
  timings: Omit<HookTimings, "stopTimeoutMs">,
  timing: LeaseTiming,
  { onElected }: CommandKinds,
): number {
  return onElected ? timings.hookTimeoutMs + stoppingMs(timings, timing) : 0;
}

/** How long ending a leader's commands takes at most, in milliseconds; 0 where there are none. */
export function dutyEndMs(
  timings: Omit<HookTimings, "stopTimeoutMs">,
  timing: LeaseTiming,
  kinds: CommandKinds,
): number {
  const endingMs = stoppingMs(timings, timing);
  const lostMs = kinds.onLost ? timings.hookTimeoutMs + endingMs : 0;
  return (runsUnderLease(kinds) ? endingMs : 0) + lostMs;
}

/**
 * What is wrong with the stop timeout of commands when one cannot be stopped before the end of a
 * lease that is not renewed, or before the daemon itself has to end, with the arithmetic; undefined
 * when it can.
 */
export function timingProblem(
  { execStopTimeoutMs, stopTimeoutMs }: CommandTimings,
  timing: LeaseTiming,
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
  kinds: CommandKinds,
): string | undefined {
  const { hookTimeoutMs, stopTimeoutMs } = timings;
  const endingMs = stoppingMs(timings, timing);
  const neededMs = dutyEndMs(timings, timing, kinds);
  if (!kinds.onLost || neededMs <= stopTimeoutMs) return undefined;
  const before = runsUnderLease(kinds) ? `${write(endingMs)} to end a command, ` : "";
  return (
    `too short for --on-lost, so a stop may exit with 70: expected at least ${write(neededMs)}, ` +
    `${before}${write(hookTimeoutMs)} of --hook-timeout and ${write(endingMs)} to end it`
  );
}
