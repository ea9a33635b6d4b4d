import { unreachable } from "../../../src/base/unreachable.ts";
import type { Ensemble } from "../ensemble/ensemble.ts";
import type { Server } from "../ensemble/server.ts";
import type { Fault } from "./faults.ts";
import {
  depose,
  enterLate,
  type FaultStage,
  leading,
  nextInLine,
  nothing,
  type Undo,
} from "./fault-stage.ts";
import { holdInTime, holds } from "./hold-effects.ts";
import { kill, killUnderSupervisor, killWaiting, losePowerInTime } from "./kill-effects.ts";
import { Random } from "../world/random.ts";
import type { DiskTrouble } from "../world/simulated-directory.ts";
import type { SimulatedNetwork } from "../world/simulated-network.ts";
import type { ReplicaProcess } from "../replica/replica-process.ts";
import type { SimulatedReplica } from "../replica/simulated-replica.ts";

/** Makes a fault happen. What it returns ends it; calling that is the caller's duty. */
export function inflict(fault: Fault, stage: FaultStage): Undo {
  const { network, ensemble } = stage;
  const replica = replicaOf(fault, stage);
  const process = replica.process;
  const server = serverOf(fault, stage);
  switch (fault.kind) {
    case "kill":
      return kill(replica);
    case "power-loss":
      return losePowerInTime(fault, replica, stage);
    case "kill-restarted":
      return killUnderSupervisor(fault, stage, replica);
    case "kill-waiting":
      return killWaiting(fault, stage);
    case "terminate":
      process?.askToStop();
      return nothing;
    case "step-down":
      stepDown(fault, stage, process);
      return nothing;
    case "pause":
    case "suspend":
    case "stall":
      return holdInTime(fault, stage, process, holds[fault.kind]);
    case "clock-rate":
      process?.scheduler.clock.setRate(1 + (fault.die < 0.5 ? -1 : 1) * stage.rateError);
      return () => process?.scheduler.clock.setRate(1 + (fault.die - 0.5) * stage.rateError);
    case "slew":
      process?.scheduler.clock.setSlew((fault.die < 0.5 ? -1 : 1) * stage.slewError);
      return () => process?.scheduler.clock.setSlew((fault.die - 0.5) * stage.slewError);
    case "reload":
      replica.reload(fault.die);
      return nothing;
    case "wall-clock":
      process?.scheduler.jumpWallClock((fault.die - 0.5) * 1e9);
      return nothing;
    case "stutter":
      return repeatedly(fault, stage, [100, 2_500], () => {
        process?.pause();
        return () => process?.go();
      });
    case "flapping-network":
      return repeatedly(fault, stage, [100, 2_500], () => cutPaths(network, pathsOf(replica)));
    case "deaf":
      return cutOneWay(
        network,
        pathsOf(replica).map(([one, other]) => [other, one]),
      );
    case "mute":
      return cutOneWay(network, pathsOf(replica));
    case "leader-node-deleted":
    case "session-closed":
      depose(stage, fault.kind === "session-closed");
      return nothing;
    case "deposed-unseen":
      return deposeUnseen(fault, stage);
    case "deposed-late":
      return deposeLate(fault, stage);
    case "fails-unheard":
      return failUnheard(stage);
    case "deposed-young":
      leading(stage)?.process?.askToStepDown(0);
      stage.timeline.plan(stage.sessionTimeoutMs * 0.3 * fault.die, () => depose(stage, false));
      return nothing;
    case "cut-off-replica":
      return cutPaths(network, pathsOf(replica));
    case "cut-one-path":
      return cutPaths(network, [[replica.host, server.host]]);
    case "slow-replica":
      return slowPaths(
        network,
        ensemble.servers.map(({ host }) => [replica.host, host]),
        fault,
      );
    case "reset-connection":
      for (const link of process?.streams ?? []) link.reset();
      return nothing;
    case "half-open":
      for (const link of process?.streams ?? []) link.swallows = true;
      return nothing;
    case "kill-server":
      ensemble.kill(server);
      return () => ensemble.start(server);
    case "kill-all-servers":
      for (const each of ensemble.servers) ensemble.kill(each);
      return () => {
        for (const each of ensemble.servers) ensemble.start(each);
      };
    case "backup":
      ensemble.backUp();
      return nothing;
    case "wipe":
    case "restore":
      return replaceData(fault, stage);
    case "isolate-server":
    case "isolate-server-of-leader":
      return separate(ensemble, network, [server]);
    case "split-servers": {
      const size = Math.ceil((fault.die * ensemble.servers.length) / 2);
      return separate(ensemble, network, ensemble.servers.slice(0, size));
    }
    case "slow-server": {
      const others = ensemble.servers.filter((each) => each !== server);
      return slowPaths(
        network,
        others.map(({ host }) => [server.host, host]),
        fault,
      );
    }
    case "pause-server": {
      const { life } = server;
      life.hold();
      return () => life.release();
    }
    case "odd-answers":
      ensemble.oddities = { chance: 0.5, random: new Random(fault.die * 2 ** 31, "odd answers") };
      return () => {
        ensemble.oddities = undefined;
      };
    case "late-entry":
      if (process !== undefined) enterLate(stage, process.name);
      return nothing;
    case "disk-full":
    case "disk-read-only":
    case "disk-removed":
    case "disk-flush-fails":
      return trouble(replica, fault.kind.slice("disk-".length) as DiskTrouble);
    case "disk-slow": {
      const slowMs = 50 * 40 ** fault.die;
      replica.directory.slow(slowMs);
      return () => {
        replica.directory.unslow(slowMs);
      };
    }
    case "disk-hangs":
      replica.directory.hang();
      return () => replica.directory.unhang();
    default:
      return unreachable(fault.kind);
  }

  function pathsOf({ host }: SimulatedReplica): readonly Path[] {
    return ensemble.servers.map((each) => [host, each.host]);
  }

  function replicaOf({ target }: Fault, { replicas: all }: FaultStage): SimulatedReplica {
    const wanted =
      target === "leader" ? leading(stage) : target === "next" ? nextInLine(all) : undefined;
    const index = typeof target === "number" ? target : 0;
    const found = wanted ?? all[index % all.length];
    if (found === undefined) throw new Error("a simulation has replicas");
    return found;
  }

  function serverOf({ kind, die }: Fault, { ensemble: { servers } }: FaultStage): Server {
    const streams = leading(stage)?.process?.streams;
    const host = [...(streams ?? [])][0]?.server;
    const wanted =
      kind === "isolate-server-of-leader" || die < 0.3
        ? servers.find((each) => each.host === host)
        : undefined;
    const found = wanted ?? servers[Math.floor(die * servers.length)];
    if (found === undefined) throw new Error("an ensemble has servers");
    return found;
  }
}

/** Half of them ask for a rest too, of 10 s at most, and half of those lose their session in it. */
function stepDown(
  { die }: Fault,
  { timeline, ensemble }: FaultStage,
  process: ReplicaProcess | undefined,
): void {
  const restMs = die < 0.5 ? 0 : Math.round((die - 0.5) * 20_000);
  process?.askToStepDown(restMs);
  if (die < 0.75) return;
  timeline.plan(restMs * 0.2, () => {
    const session = process?.session;
    if (session !== undefined) ensemble.meddle({ kind: "close-session" }, session);
  });
}

/**
 * The next in line is cut off without a word, and does not see the renewals that follow. Then the
 * leader is stopped, and deposed while its lease still runs.
 */
function deposeUnseen({ die }: Fault, stage: FaultStage): Undo {
  const { timeline, replicas, sessionTimeoutMs } = stage;
  for (const link of nextInLine(replicas)?.process?.streams ?? []) link.swallows = true;
  let undo = nothing;
  let over = false;
  timeline.plan(sessionTimeoutMs * (0.2 + 0.46 * die), () => {
    if (over) return;
    const leader = leading(stage)?.process;
    leader?.pause();
    depose(stage, die * 10 - Math.floor(die * 10) < 0.5);
    undo = () => leader?.go();
  });
  return () => {
    over = true;
    undo();
  };
}

/**
 * The leader hears late that its renewals were committed. As soon as it does, it is stopped, and
 * deposed while it may believe that its lease has only just begun.
 */
function deposeLate({ die }: Fault, stage: FaultStage): Undo {
  const { timeline, sessionTimeoutMs, network, ensemble } = stage;
  const leader = leading(stage);
  if (leader === undefined) return nothing;
  const { process, host } = leader;
  let undo = cutOneWay(
    network,
    ensemble.servers.map((server) => [server.host, host]),
  );
  let over = false;
  timeline.plan(sessionTimeoutMs * (0.3 + 0.5 * die), () => {
    undo();
    undo = nothing;
    timeline.plan(140, () => {
      if (over) return;
      process?.pause();
      depose(stage, die * 10 - Math.floor(die * 10) < 0.5);
      undo = () => process?.go();
    });
  });
  return () => {
    over = true;
    undo();
  };
}

/**
 * The leader's disk fails, and nothing of what it gives up then reaches a server: its node stands
 * on when it comes back with another session.
 */
function failUnheard(stage: FaultStage): Undo {
  const { timeline, network, ensemble } = stage;
  const leader = leading(stage);
  if (leader === undefined) return nothing;
  const { process, host } = leader;
  const paths = ensemble.servers.map((server) => [host, server.host] as const);
  const undos = [cutOneWay(network, paths), trouble(leader, "full")];
  const undo = (): void => {
    for (const each of undos.splice(0)) each();
  };
  const look = (): void => {
    if (undos.length === 0) return;
    if (process?.state === "Leader") return void timeline.plan(20, look);
    for (const link of process?.streams ?? []) link.swallows = true;
    undo();
  };
  look();
  return undo;
}

/** No server runs for longer than any lease; then their data are others. */
function replaceData({ kind, die }: Fault, { ensemble, wiped }: FaultStage): Undo {
  for (const each of ensemble.servers) ensemble.kill(each);
  ensemble.outage = true;
  return () => {
    if (kind === "wipe") ensemble.wipe();
    else ensemble.restore(die < 0.3);
    wiped();
    ensemble.outage = false;
    for (const each of ensemble.servers) ensemble.start(each);
  };
}

type Path = readonly [one: string, other: string];

/** Cuts what the first of each pair says to the second. */
function cutOneWay(network: SimulatedNetwork, paths: readonly Path[]): Undo {
  for (const [from, to] of paths) network.cut(from, to);
  return () => {
    for (const [from, to] of paths) network.heal(from, to);
  };
}

function cutPaths(network: SimulatedNetwork, paths: readonly Path[]): Undo {
  return cutOneWay(
    network,
    paths.flatMap(([one, other]) => [
      [one, other],
      [other, one],
    ]),
  );
}

/** Inflicts something again and again, with moments of rest that are mostly short. */
function repeatedly(
  fault: Fault,
  { timeline }: FaultStage,
  [least, most]: readonly [number, number],
  begin: () => Undo,
): Undo {
  const random = new Random(fault.die * 2 ** 31, fault.kind);
  let undo = nothing;
  let over = false;
  const strike = (): void => {
    if (over) return;
    undo = begin();
    timeline.plan(least * (most / least) ** random.next(), () => {
      undo();
      undo = nothing;
      timeline.plan(2 * 300 ** random.next(), strike);
    });
  };
  strike();
  return () => {
    over = true;
    undo();
    undo = nothing;
  };
}

function slowPaths(network: SimulatedNetwork, paths: readonly Path[], { die }: Fault): Undo {
  const slowMs = 20 * 150 ** die;
  for (const [one, other] of paths) network.slow(one, other, slowMs);
  return () => {
    for (const [one, other] of paths) network.slow(one, other, -slowMs);
  };
}

/** Cuts some servers off from the others; every client still reaches all of them. */
function separate(ensemble: Ensemble, network: SimulatedNetwork, inside: readonly Server[]): Undo {
  const outside = ensemble.servers.filter((each) => !inside.includes(each));
  const pairs = inside.flatMap((one) => outside.map((other) => [one, other] as const));
  const mend = cutPaths(
    network,
    pairs.map(([one, other]) => [one.host, other.host]),
  );
  return () => {
    mend();
    for (const [one, other] of pairs) {
      if (!network.isCut(one.host, other.host)) ensemble.healed(one, other);
    }
  };
}

function trouble(replica: SimulatedReplica, kind: DiskTrouble): Undo {
  replica.directory.begin(kind);
  return () => replica.directory.end(kind);
}
