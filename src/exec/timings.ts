import type { LeaseTiming } from "../election/ports/lease-timing.ts";
import type { StopLimits } from "./supervisor/messages.ts";
import { formatDuration as write } from "../options/duration.ts";

/** The times of a command, in milliseconds. */
export interface CommandTimings {
  readonly execStopTimeoutMs: number;
  readonly stopTimeoutMs: number;
}

/** The times of a command and of the hooks beside it, in milliseconds. */
export interface HookTimings extends CommandTimings {
  readonly hookTimeoutMs: number;
}

/** Which commands a leader has: the one that runs while it leads, and those before and after. */
export interface CommandKinds {
  readonly command: boolean;
  readonly onElected: boolean;
  readonly onLost: boolean;
}

type StopTimeout = Pick<CommandTimings, "execStopTimeoutMs">;

/**
 * How long a command under the lease has from its stop signal to SIGKILL, in milliseconds: the stop
 * timeout, or what the lease leaves of it. 0 where it leaves none, see leaseProblem.
 */
function leaseStopTimeoutMs(timings: StopTimeout, timing: LeaseTiming): number {
  return Math.max(0, Math.min(timings.execStopTimeoutMs, roomMs(timing)));
}

/** How long ending one command may take under the lease as it is granted, or outside of it. */
export function stopLimits(
  timings: StopTimeout,
  timing: LeaseTiming,
  isUnderLease: boolean,
): StopLimits {
  const { execStopTimeoutMs } = timings;
  const stopTimeoutMs = isUnderLease ? leaseStopTimeoutMs(timings, timing) : execStopTimeoutMs;
  return { stopTimeoutMs, killMarginMs: timing.killMarginMs };
}

/** How long it takes at most to end a command under the lease, in milliseconds. */
export function stoppingMs(timings: StopTimeout, timing: LeaseTiming): number {
  return leaseStopTimeoutMs(timings, timing) + timing.killMarginMs;
}

/** How long it takes at most to end on-lost, which no lease bounds, in milliseconds. */
export function lostStoppingMs({ execStopTimeoutMs }: StopTimeout, timing: LeaseTiming): number {
  return execStopTimeoutMs + timing.killMarginMs;
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
  const lostMs = kinds.onLost ? timings.hookTimeoutMs + lostStoppingMs(timings, timing) : 0;
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
  const { sessionTimeoutMs, killMarginMs } = timing;
  const mostMs = Math.max(0, roomMs(timing));
  if (execStopTimeoutMs > mostMs) {
    return (
      `expected at most ${write(mostMs)} with a session timeout of ` +
      `${write(sessionTimeoutMs)}: ${arithmetic(timing)}; or a longer --session-timeout`
    );
  }
  if (execStopTimeoutMs + killMarginMs < stopTimeoutMs) return undefined;
  const most = write(Math.max(0, stopTimeoutMs - killMarginMs));
  return `expected less than ${most}, so that it fits into --stop-timeout`;
}

/**
 * Why no command can run under the lease as it is granted, with the arithmetic and the cure;
 * undefined when one can, or when there is none.
 */
export function leaseProblem(timing: LeaseTiming, kinds: CommandKinds): string | undefined {
  if (!runsUnderLease(kinds) || roomMs(timing) > 0) return undefined;
  return (
    `a session timeout of ${write(timing.sessionTimeoutMs)} is granted, which leaves a command ` +
    `no time to end: ${arithmetic(timing)}; let the servers grant a longer one`
  );
}

/**
 * What becomes of the stop timeout of commands under the lease as it is granted, with the
 * arithmetic; undefined where it stays as it is set.
 */
export function stopTimeoutCut(
  timings: StopTimeout,
  timing: LeaseTiming,
  kinds: CommandKinds,
): string | undefined {
  const leftMs = leaseStopTimeoutMs(timings, timing);
  if (!runsUnderLease(kinds) || leftMs === timings.execStopTimeoutMs) return undefined;
  return (
    `a command gets ${write(leftMs)} to end, for a session timeout of ` +
    `${write(timing.sessionTimeoutMs)} is granted: ${arithmetic(timing)}; let the servers grant ` +
    "a longer one for more"
  );
}

/** How long a command may take to end without outliving a lease that is not renewed; or below 0. */
function roomMs({ leaseMs, renewalMs, answerMs, killMarginMs }: LeaseTiming): number {
  return leaseMs - renewalMs - answerMs - killMarginMs;
}

function arithmetic({ leaseMs, renewalMs, answerMs, killMarginMs }: LeaseTiming): string {
  return (
    `a lease of ${write(leaseMs)}, less ${write(renewalMs)} until it is renewed, ` +
    `${write(answerMs)} for the answer and ${write(killMarginMs)} to die`
  );
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
  const neededMs = dutyEndMs(timings, timing, kinds);
  if (!kinds.onLost || neededMs <= stopTimeoutMs) return undefined;
  const commandMs = stoppingMs(timings, timing);
  const before = runsUnderLease(kinds) ? `${write(commandMs)} to end a command, ` : "";
  const endingMs = lostStoppingMs(timings, timing);
  return (
    `too short for --on-lost, so a stop may exit with 70: expected at least ${write(neededMs)}, ` +
    `${before}${write(hookTimeoutMs)} of --hook-timeout and ${write(endingMs)} to end it`
  );
}
