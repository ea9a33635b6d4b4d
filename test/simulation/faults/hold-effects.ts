import type { Fault } from "./faults.ts";
import { type FaultStage, nothing, type Undo } from "./fault-stage.ts";
import type { ReplicaProcess } from "../replica/replica-process.ts";

/** How a process is kept from running, until what is returned is called. */
export type Hold = (process: ReplicaProcess) => Undo;

export const holds = {
  /** SIGSTOP. */
  pause: (process) => {
    process.pause();
    return () => process.go();
  },
  /** The machine sleeps. */
  suspend: (process) => {
    process.suspend();
    return () => process.resume();
  },
  /** The loop is blocked, and the threads go on. */
  stall: (process) => {
    process.stall();
    return () => process.life.release();
  },
} satisfies Record<string, Hold>;

/** How many of those who are held are asked to stop meanwhile. */
const stopShare = 0.15;

/**
 * Half of the time it waits for the process to flush a file, up to half of its own time. That is
 * when real processes are held, because they wait for the disk with whatever else keeps it busy;
 * and what was decided before must not count behind. Some find a SIGTERM when they go on.
 */
export function holdInTime(
  { die, durationMs }: Fault,
  { timeline }: FaultStage,
  process: ReplicaProcess | undefined,
  hold: Hold,
): Undo {
  if (process === undefined) return nothing;
  if (die < stopShare) timeline.plan(durationMs / 2, () => process.askToStop());
  if (die < 0.5) return hold(process);
  let undo: Undo | undefined;
  const strike = (): void => {
    // What was killed meanwhile cannot be held: its threads end what they have begun.
    if (!process.life.over) undo ??= hold(process);
  };
  process.disk.onceFlushing(strike);
  timeline.plan(durationMs / 2, strike);
  return () => {
    const begun = undo;
    undo = nothing;
    begun?.();
  };
}
