import { decodeReplica } from "../../../src/coordination/zookeeper/leadership/records.ts";
import type { TreeNode } from "../ensemble/tree.ts";
import type { StateName } from "../../../src/election/transitions.ts";
import { sequenceOf } from "../../../src/coordination/zookeeper/leadership/line.ts";
import { enterLate, nextInLine } from "../faults/fault-stage.ts";
import { kill, supervisorPauseMs } from "../faults/kill-effects.ts";
import type { Simulation } from "../simulation.ts";
import type { SimulatedReplica } from "../replica/simulated-replica.ts";

/** A leader that is asked to stop in calm has a successor that has written after so long. */
const handOverLimitMs = 1_500;
/** Besides the stop timeout: dying takes time, and a killed leader's command is asked for by turns. */
const commandEndMs = 500;
/** What both hooks take in calm: a start each, and a moment. */
const hooksLimitMs = 300;
const paceWindowMs = 20_000;
const settleMs = 15_000;
const endMs = 10_000;
/** So soon after a hand-over the successor leads, and its predecessor has not started again. */
const lateEntryMs = 500;
/** Who has stepped down stands in line again after so long. */
const rejoinLimitMs = 2_000;
/** How often, and for how long, it is looked for the moment of an election. */
const lookMs = 0.1;
const looks = 10_000;

/**
 * The calm end of every simulation: faults have stopped, so one leader must be there in bounded
 * time, files must come at their pace, leadership must be handed over at once, and everything must
 * be given back when all replicas are asked to stop.
 */
export class Epilogue {
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** Plans it, and says when the world ends. */
  plan(): number {
    const { settings, timeline } = this.#simulation;
    const recoveredAt = settings.faultsUntilMs + settings.recoveryMs;
    const paceSeenAt = recoveredAt + paceWindowMs + 100;
    const secondAt = paceSeenAt + settleMs;
    const killAt = secondAt + settleMs;
    const stopAt = killAt + settleMs;
    timeline.plan(settings.faultsUntilMs, () => this.#moveOldFiles());
    timeline.plan(recoveredAt, () => this.#expectPace());
    timeline.plan(recoveredAt + 1_000, () => this.#loseAReply());
    timeline.plan(recoveredAt + 2_000, () => this.#enterLateAs("Attempter"));
    timeline.plan(paceSeenAt - 500, () => this.#resetConnections());
    timeline.plan(paceSeenAt, () => this.#expectHandOver());
    timeline.plan(paceSeenAt + lateEntryMs, () => this.#enterLateAs("Leader"));
    timeline.plan(paceSeenAt + handOverLimitMs + 100, () => this.#loseAnElection());
    timeline.plan(secondAt - 3_000, () => this.#stopTheNext(3_000));
    timeline.plan(killAt, () => this.#killTheLeader());
    // The last moment: who has no reason to look at the line does so every sixth time only.
    timeline.plan(stopAt - 100, () => this.#expectOneEntryEach());
    timeline.plan(stopAt, () => {
      this.#tell("every replica is asked to stop");
      for (const replica of this.#simulation.replicas) {
        replica.keepDown();
        replica.process?.askToStop();
      }
    });
    return stopAt + endMs;
  }

  /** The operator does what a fenced replica asks for, where the servers' data are others now. */
  #moveOldFiles(): void {
    const { timeline, ensemble, replicas, settings } = this.#simulation;
    if (settings.profile !== "wipe" && settings.profile !== "restore") return;
    const horizon = ensemble.leader?.tree.lastZxid;
    if (horizon === undefined) return void timeline.plan(500, () => this.#moveOldFiles());
    const directories = new Set(replicas.map(({ directory }) => directory));
    const moved = [...directories].map((directory) => directory.moveAway(horizon));
    this.#tell(`${moved.reduce((sum, count) => sum + count, 0)} files of higher epochs are moved`);
  }

  #expectPace(): void {
    const { timeline, settings, referee } = this.#simulation;
    const leader = this.#leader();
    if (leader === undefined) return;
    this.#tell(`${leader.host} leads, and is to work at its pace`);
    const { process } = leader;
    const { leaderTimeoutMs } = process?.config ?? settings.config;
    const before = this.#filesOf(leader);
    timeline.plan(paceWindowMs, () => {
      // The clock that the pace is kept by may be slow, and the window may begin just after a file.
      const ownWindowMs = paceWindowMs * (1 - settings.rateError);
      const files = Math.floor(ownWindowMs / leaderTimeoutMs) - 1;
      const due = settings.command === "alone" ? 0 : files;
      const written = this.#filesOf(leader) - before;
      if (leader.process !== process || process?.state !== "Leader") {
        referee.blame("no-leader", `${leader.host} lost leadership in calm`);
      } else if (written < due) {
        referee.blame("pace", `${written} files in ${paceWindowMs} ms, where ${due} were due`);
      }
      if (settings.command !== "none" && !referee.commands.runsOn(leader.host)) {
        referee.blame("no-command", `${leader.host} leads in calm, and its command does not run`);
      }
    });
  }

  /** A renewal's reply is lost with its connection: a blip that must not cost leadership. */
  #loseAReply(): void {
    const { timeline, network, ensemble, settings } = this.#simulation;
    // A command is stopped early enough to be dead in time, so it has less patience.
    const leader = settings.command === "none" ? this.#leader() : undefined;
    if (leader === undefined) return;
    const { process, host } = leader;
    this.#tell(`${host} does not hear the reply to a renewal, and then its connection breaks`);
    for (const server of ensemble.servers) network.cut(server.host, host);
    timeline.plan(settings.config.sessionTimeoutMs / 4 + 50, () => {
      for (const link of process?.streams ?? []) link.reset();
      for (const server of ensemble.servers) network.heal(server.host, host);
    });
  }

  /** A leader's may be more until it steps down: nobody waits for those. */
  #expectOneEntryEach(): void {
    const { referee, replicas } = this.#simulation;
    const names = this.#line();
    for (const { process } of replicas) {
      if (process?.state !== "Attempter") continue;
      const own = names.filter((name) => name.startsWith(`${process.name}-`));
      if (own.length !== 1) referee.blame("line", `${process.name} stands there as ${own.join()}`);
    }
  }

  /** Whoever stands in line has to set its watches again. */
  #resetConnections(): void {
    for (const { process } of this.#simulation.replicas) {
      if (process?.state !== "Attempter") continue;
      for (const link of process.streams) link.reset();
    }
  }

  /** Asks the leader to stop, and expects a file of another one soon. */
  #expectHandOver(): void {
    const leader = this.#leader();
    if (leader === undefined) return;
    this.#tell(`${leader.host} is asked to stop: another one is to lead at once`);
    this.#expectAnother(leader, () => leader.process?.askToStop());
  }

  /** Its host knows that it is dead: nobody has to wait for its session to run out. */
  #killTheLeader(): void {
    const leader = this.#leader();
    if (leader?.machine.stateDirectory === undefined) return;
    this.#tell(`${leader.host} is killed and started again: another one is to lead at once`);
    this.#expectAnother(leader, () => {
      const undo = kill(leader);
      this.#simulation.timeline.plan(supervisorPauseMs, undo);
    });
  }

  /** An entry of one of them comes late: those who join from now on stand behind it. */
  #enterLateAs(state: StateName): void {
    const { ensemble, settings, replicas } = this.#simulation;
    const { process, host } = replicas.find((each) => each.process?.state === state) ?? {};
    if (process === undefined) return;
    this.#tell(`a second entry of ${host} appears in the line`);
    enterLate({ ensemble, basePath: settings.config.zkPath }, process.name);
  }

  /** Whoever steps down now stands behind all that are there now. */
  #expectAtTheEnd({ process, host }: SimulatedReplica): void {
    const { timeline, referee } = this.#simulation;
    const own = `${process?.name}-`;
    const others = this.#line().filter((name) => !name.startsWith(own));
    timeline.plan(rejoinLimitMs, () => {
      const after = this.#line().filter((name) => name.startsWith(own));
      const least = Math.max(...others.map(sequenceOf));
      if (after.length === 1 && after.every((name) => sequenceOf(name) > least)) return;
      referee.blame("line", `${host} stepped down, and is ${after.join()} behind ${others.join()}`);
    });
  }

  #line(): readonly string[] {
    const { ensemble, settings } = this.#simulation;
    const line = ensemble.leader?.tree.nodes.get(`${settings.config.zkPath}/replicas`);
    return [...(line?.children ?? [])];
  }

  /** A successor does not hear that it leads, and has to find it out. */
  #loseAnElection(): void {
    const { settings } = this.#simulation;
    // A command takes its time to stop, and the next lesson is near.
    const leader = settings.command === "none" ? this.#leader() : undefined;
    if (leader === undefined) return;
    this.#tell(`${leader.host} steps down, and its successor's connection breaks`);
    const strike = (): void => {
      leader.process?.askToStepDown(0);
      this.#expectAtTheEnd(leader);
      this.#resetTheElected(this.#leaderNode()?.czxid, looks);
    };
    // It cannot know who may act yet, and waits for a lease, which is shorter than a session.
    this.#expectAnother(leader, strike, settings.config.sessionTimeoutMs);
  }

  /** Breaks the successor's connection between the commit that elects it and the reply. */
  #resetTheElected(before: bigint | undefined, left: number): void {
    const { timeline, replicas } = this.#simulation;
    const node = this.#leaderNode();
    if (node === undefined || node.czxid === before) {
      if (left > 0) timeline.plan(lookMs, () => this.#resetTheElected(before, left - 1));
      return;
    }
    const elected = decodeReplica(node.data)?.replica;
    for (const { process } of replicas) {
      if (process?.name === elected) for (const link of process?.streams ?? []) link.reset();
    }
  }

  #leaderNode(): TreeNode | undefined {
    const { ensemble, settings } = this.#simulation;
    return ensemble.leader?.tree.nodes.get(`${settings.config.zkPath}/leader`);
  }

  /** @param waitMs how long the successor waits by itself */
  #expectAnother(leader: SimulatedReplica, strike: () => void, waitMs = 0): void {
    const { timeline, referee, replicas, settings } = this.#simulation;
    const before = new Map(replicas.map((each) => [each, this.#filesOf(each)]));
    strike();
    const stoppingMs = settings.config.execStopTimeoutMs + commandEndMs;
    const hooksMs = settings.hooks.elected || settings.hooks.lost ? hooksLimitMs : 0;
    const commandMs = settings.command === "none" ? 0 : stoppingMs;
    const limitMs = handOverLimitMs + waitMs + commandMs + hooksMs;
    timeline.plan(limitMs, () => {
      const others = replicas.filter((each) => each !== leader);
      if (!others.some((each) => this.#worksSince(each, before.get(each) ?? 0))) {
        referee.blame("hand-over", `nobody worked ${Math.round(limitMs)} ms after the leader`);
      }
    });
  }

  /** Whether a replica has done all that a leader does since it had written so many files. */
  #worksSince(replica: SimulatedReplica, files: number): boolean {
    const { settings, referee } = this.#simulation;
    const writes = settings.command === "alone" || this.#filesOf(replica) > files;
    return writes && (settings.command === "none" || referee.commands.runsOn(replica.host));
  }

  /** The next in line leaves, and then the leader does: whoever stood behind must have noticed. */
  #stopTheNext(pauseMs: number): void {
    const { timeline, replicas } = this.#simulation;
    const next = nextInLine(replicas);
    const name = next?.process?.name;
    next?.process?.askToStop();
    timeline.plan(pauseMs, () => {
      // A session that moved under the one who closed it has to run out, and its entry with it.
      const gone = !this.#line().some((entry) => entry.startsWith(`${name}-`));
      if (gone) this.#expectHandOver();
    });
  }

  #leader(): SimulatedReplica | undefined {
    const { replicas, referee } = this.#simulation;
    const leaders = replicas.filter(({ process }) => process?.state === "Leader");
    const [leader] = leaders;
    if (leaders.length === 1) return leader;
    const states = replicas.map((each) => `${each.host} ${each.process?.state ?? "is down"}`);
    referee.blame("no-leader", `${leaders.length} leaders in calm: ${states.join(", ")}`);
    return undefined;
  }

  #filesOf(replica: SimulatedReplica): number {
    return replica.filesWritten;
  }

  #tell(text: string): void {
    this.#simulation.trace.tell("epilogue", text);
  }
}
