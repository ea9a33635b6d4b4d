import type { Fault } from "./faults.ts";
import { depose, type FaultStage, leading, nothing, type Undo } from "./fault-stage.ts";
import type { SimulatedReplica } from "../replica/simulated-replica.ts";

/** How long a supervisor waits before it starts a process again. */
export const supervisorPauseMs = 100;

/** SIGKILL, and nobody starts it again before the fault is over. */
export function kill(replica: SimulatedReplica): Undo {
  replica.keepDown();
  replica.kill(false);
  return () => replica.allowUp();
}

/** How often, and for how long, a loss of power waits for its moment. */
const lookMs = 0.5;
const looks = 4_000;

/**
 * A whole machine loses its power; often in the very moment in which a file was told as written,
 * when all that was not flushed by then shows.
 */
export function losePowerInTime(
  { die }: Fault,
  replica: SimulatedReplica,
  stage: FaultStage,
): Undo {
  const before = replica.directory.told;
  let undo: Undo | undefined;
  let over = false;
  const look = (left: number): void => {
    if (over) return;
    if (left > 0 && replica.directory.told === before) {
      stage.timeline.plan(lookMs, () => look(left - 1));
    } else {
      undo = losePower(replica, stage);
    }
  };
  look(die < 0.6 ? looks : 0);
  return () => {
    over = true;
    undo?.();
  };
}

/** A whole machine loses its power: every replica on it, and every lock. */
function losePower(replica: SimulatedReplica, { replicas }: FaultStage): Undo {
  const { machine } = replica;
  const lost = replicas.filter((each) => each.machine === machine);
  for (const each of lost) {
    each.keepDown();
    each.kill(true);
  }
  machine.reboot();
  return () => {
    for (const each of lost) each.allowUp();
  };
}

/**
 * SIGKILL under a supervisor, which may run `election release` too, so that it and the next start
 * work at the same time; sometimes that dies half-way.
 */
export function killUnderSupervisor(
  { die }: Fault,
  { timeline }: FaultStage,
  replica: SimulatedReplica,
): Undo {
  const undo = kill(replica);
  if (die < 0.6) {
    timeline.plan(die * 250, () => {
      const killRelease = replica.release(die < 0.4 ? Math.floor(die * 40) : undefined);
      if (die < 0.2) timeline.plan(die * 100, killRelease);
    });
  }
  return undo;
}

/**
 * The leader is stopped and deposed while its lease runs; whoever takes over waits that out, and is
 * killed meanwhile. It has not acted, and what it held must not be called released. Half of the
 * time everybody has led before, in the very session that is killed.
 */
export function killWaiting({ die }: Fault, stage: FaultStage): Undo {
  const { timeline, replicas } = stage;
  let undo = nothing;
  let over = false;
  const look = (): void => {
    if (over) return;
    const waiting = replicas.find(({ process }) => process?.waitsOut === true);
    if (waiting === undefined) return void timeline.plan(5, look);
    const allowUp = kill(waiting);
    timeline.plan(supervisorPauseMs, allowUp);
  };
  const rotate = (times: number): void => {
    if (over) return;
    const leader = leading(stage)?.process;
    if (times > 0) {
      leader?.askToStepDown(0);
      timeline.plan(250, () => rotate(times - 1));
    } else {
      leader?.pause();
      undo = () => leader?.go();
      depose(stage, die * 10 - Math.floor(die * 10) < 0.3);
      look();
    }
  };
  rotate(die < 0.5 ? 0 : replicas.length);
  return () => {
    over = true;
    undo();
  };
}
