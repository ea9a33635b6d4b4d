import type { ElectionEvent } from "../../src/election/ports/observer.ts";
import { finalName } from "../../src/files/file-name.ts";
import type { Epoch } from "../../src/election/ports/coordinator.ts";
import {
  decodeLeaseNote,
  epochOfLeaseNote,
} from "../../src/coordination/zookeeper/leadership/records.ts";
import { Ensemble } from "./ensemble/ensemble.ts";
import { Epilogue } from "./referee/epilogue.ts";
import { inflict } from "./faults/fault-effects.ts";
import { describeFault } from "./faults/faults.ts";
import { Random } from "./world/random.ts";
import { Referee, type Violation } from "./referee/referee.ts";
import type { Settings } from "./settings.ts";
import { SimulatedDirectory } from "./world/simulated-directory.ts";
import { SimulatedMachine, SimulatedStateDirectory } from "./world/simulated-machine.ts";
import { SimulatedNetwork } from "./world/simulated-network.ts";
import { SimulatedReplica } from "./replica/simulated-replica.ts";
import { Timeline } from "./timeline.ts";
import { Trace } from "./trace.ts";

/** What one simulation came to. */
export interface Report {
  readonly settings: Settings;
  readonly violations: readonly Violation[];
  /** A number that two runs share only when everything in them happened alike. */
  readonly hash: string;
  readonly steps: number;
  readonly filesWritten: number;
  readonly leaderships: number;
  readonly lines: readonly string[];
}

/** Nothing that is promised rests on the servers' clocks. */
const serverRateError = 0.2;
const strangersFile = "notes of a stranger.txt";

/** One world, from its first instant to the end. It runs in one go, without any real waiting. */
export class Simulation {
  readonly timeline = new Timeline();
  readonly settings: Settings;
  readonly referee: Referee;
  readonly ensemble: Ensemble;
  readonly network: SimulatedNetwork;
  readonly replicas: readonly SimulatedReplica[];
  readonly trace: Trace;
  readonly #directories: readonly SimulatedDirectory[];
  #filesWritten = 0;
  #leaderships = 0;
  #termSeen: bigint | undefined;
  /** The leadership that `term` said was held, when it did so last. */
  #heldEpoch: Epoch | undefined;

  constructor(settings: Settings, keepsLines: boolean) {
    const { seed, servers: size, tickMs, syncLimit, pingsOvertake, config } = settings;
    this.settings = settings;
    this.trace = new Trace(() => this.timeline.now, keepsLines);
    const random = new Random(seed, "world");
    this.network = new SimulatedNetwork(this.timeline, random.fork("network"));
    this.ensemble = new Ensemble(this.timeline, random.fork("ensemble"), this.network, {
      size,
      tickMs,
      syncLimit,
      pingsOvertake,
      rateError: serverRateError,
    });
    this.ensemble.told = (text) => this.trace.tell("ensemble", text);
    this.referee = new Referee(() => this.timeline.now, {
      trustsClocks: settings.profile !== "beyond",
      recoveredAtMs: settings.faultsUntilMs + settings.recoveryMs,
    });
    const now = (): number => this.timeline.now;
    const shared = new SimulatedDirectory(now);
    const machines = machinesOf(settings, (file) => {
      this.referee.blame("lock", `${file} is removed, and who holds it lives`);
    });
    this.replicas = Array.from({ length: settings.replicas }, (_, index) => {
      const rates = random.fork(`rate ${index}`);
      const machine = machines[index];
      if (machine === undefined) throw new Error("every replica has a machine");
      return new SimulatedReplica({
        world: {
          timeline: this.timeline,
          network: this.network,
          referee: this.referee,
          random,
          ownerOf: (epoch) => this.#ownerOf(epoch),
          tell: (who, text) => this.trace.tell(who, text),
          heard: (replica, event) => this.#heard(replica, event),
        },
        host: `replica-${index}`,
        machine,
        directory: settings.sharedDirectory ? shared : new SimulatedDirectory(now),
        hasOwnDisk: !settings.sharedDirectory,
        config,
        command: settings.command,
        hooks: settings.hooks,
        calmAtMs: settings.faultsUntilMs,
        rate: rateOf(settings, rates),
        slew: slewOf(settings, rates),
      });
    });
    this.#directories = [...new Set(this.replicas.map(({ directory }) => directory))];
  }

  run(): Report {
    for (const directory of this.#directories) this.#furnish(directory);
    for (const replica of this.replicas) {
      const delayMs = new Random(this.settings.seed, replica.host).between(0, 2_000);
      this.timeline.plan(500 + delayMs, () => replica.start());
    }
    this.#planFaults();
    const epilogue = new Epilogue(this);
    const untilMs = epilogue.plan();
    let steps = 0;
    while (this.referee.violations.length === 0 && this.timeline.step(untilMs)) {
      steps += 1;
      this.#watchTerm();
      this.referee.step();
    }
    if (this.referee.violations.length === 0) this.#lookAround();
    // Whoever is left must not go on in a later world: nothing of it is delivered any more.
    for (const replica of this.replicas) {
      replica.kill(true);
      replica.machine.reboot();
    }
    return {
      settings: this.settings,
      violations: this.referee.violations,
      hash: this.trace.hash,
      steps,
      filesWritten: this.#filesWritten,
      leaderships: this.#leaderships,
      lines: this.trace.lines,
    };
  }

  #furnish(directory: SimulatedDirectory): void {
    const store = (name: string, content: string): void => {
      const file = { ...directory.newFile(content, "earlier", 0), flushed: true };
      directory.change({ given: { name, file } });
    };
    store(strangersFile, "do not touch");
    for (let sequence = 1; sequence <= this.settings.oldFiles; sequence += 1) {
      store(finalName(1n as Epoch, sequence), "{}\n");
    }
    directory.flush();
  }

  #planFaults(): void {
    const { referee, settings, timeline } = this;
    const stage = {
      timeline,
      basePath: settings.config.zkPath,
      sessionTimeoutMs: settings.config.sessionTimeoutMs,
      network: this.network,
      ensemble: this.ensemble,
      replicas: this.replicas,
      rateError: settings.rateError,
      slewError: settings.slewError,
      wiped: () => {
        referee.forgetEpochs();
        this.#heldEpoch = undefined;
      },
    };
    for (const fault of settings.faults) {
      timeline.plan(fault.atMs, () => {
        this.trace.tell("fault", describeFault(fault));
        const undo = inflict(fault, stage);
        timeline.plan(fault.durationMs, () => {
          this.trace.tell("fault", `${fault.kind} is over`);
          undo();
        });
      });
    }
  }

  #heard(replica: SimulatedReplica, event: ElectionEvent): void {
    const name = replica.process?.name ?? replica.host;
    if (event.kind === "transition") {
      this.trace.tell(name, `${event.from} to ${event.to}: ${event.reason}: ${event.detail}`);
      if (event.to === "Leader") this.#ledBy(replica, event.epoch);
    } else if (event.kind === "file-written") {
      this.#filesWritten += 1;
      replica.directory.told = event.file;
      this.trace.tell(name, `writes ${event.file}`);
    } else if (event.kind === "waiting-out") {
      const how = event.observed ? "seen" : "not seen";
      this.trace.tell(name, `waits ${Math.round(event.waitMs)} ms, last renewal ${how}`);
    } else if (event.kind === "connection") {
      const { kind, change, facts, detail } = event;
      const told = Object.fromEntries(facts.map((fact) => [fact.name, fact.value]));
      this.trace.tell(name, JSON.stringify({ kind, change, ...told, detail }));
    } else if (event.kind === "lease" || event.kind === "repair") {
      this.trace.tell(
        name,
        JSON.stringify(event, (_, value: unknown) => textOf(value)),
      );
    } else if (event.kind === "notice" || event.kind === "command") {
      this.trace.tell(name, event.detail);
    }
  }

  #ownerOf(epoch: Epoch): string | undefined {
    const path = `${this.settings.config.zkPath}/leader`;
    const node = this.ensemble.leader?.tree.nodes.get(path);
    return node?.czxid === epoch ? `0x${node.owner.toString(16)}` : undefined;
  }

  /** Where leadership is said to be released, whoever says so. */
  #watchTerm(): void {
    const path = `${this.settings.config.zkPath}/term`;
    const node = this.ensemble.leader?.tree.nodes.get(path);
    if (node === undefined || node.mzxid === this.#termSeen) return;
    this.#termSeen = node.mzxid;
    const term = decodeLeaseNote(node.data);
    if (term?.state === "held") this.#heldEpoch = epochOfLeaseNote(term, node.mzxid);
    if (term?.state !== "released") return;
    this.referee.commands.released(node.mzxid as Epoch);
    for (const { process } of this.replicas) {
      if (process?.acting === undefined || process.acting !== this.#heldEpoch) continue;
      const detail = `${process.name}: epoch ${process.acting} is released, and its duty goes on`;
      this.referee.blame("released-early", detail);
    }
  }

  #ledBy(replica: SimulatedReplica, epoch: Epoch | undefined): void {
    this.#leaderships += 1;
    if (this.settings.profile !== "wipe" || epoch === undefined) return;
    const fence = [...replica.directory.files.keys()].filter(
      (name) => name.endsWith(".json") && BigInt(name.split("-")[0] ?? "0") > epoch,
    );
    if (fence.length === 0) return;
    this.referee.blame("led-below-fence", `${replica.host} leads with ${epoch} below ${fence[0]}`);
  }

  #lookAround(): void {
    for (const [index, directory] of this.#directories.entries()) {
      const hasTrouble = this.settings.faults.some(({ kind }) => kind === "disk-removed");
      if (!directory.files.has(strangersFile) && !hasTrouble) {
        this.referee.blame("stranger", `directory ${index}: the stranger's file is gone`);
      }
      this.referee.looksAround(`directory ${index}`, directory);
    }
    const commands = this.referee.commands.living;
    if (commands > 0) this.referee.blame("leak", `${commands} commands live at the end`);
    for (const replica of this.replicas) {
      if (replica.process !== undefined) {
        this.referee.blame("leak", `${replica.host} did not exit when it was asked to`);
      }
    }
  }
}

/**
 * How fast a replica's clock runs. Where too much is asked of clocks, most are as wrong as may be:
 * two leaders overlap for long only when both are.
 */
function rateOf({ rateError, profile }: Settings, random: Random): number {
  const error = random.between(-1, 1);
  const isExtreme = profile === "beyond" && random.chance(0.7);
  return 1 + rateError * (isExtreme ? Math.sign(error) : error);
}

/** How far a time daemon slews a replica's ordinary clock at first: mostly as far as it can. */
function slewOf({ slewError }: Settings, random: Random): number {
  const error = random.between(-1, 1);
  return slewError * (random.chance(0.6) ? Math.sign(error) : error);
}

/** The machine of each replica. */
function machinesOf(
  { machines }: Settings,
  wronged: (file: string) => void,
): readonly SimulatedMachine[] {
  let directory = new SimulatedStateDirectory(wronged);
  return machines.flatMap(({ replicas, stateDirectory }, index) => {
    if (stateDirectory === "own") directory = new SimulatedStateDirectory(wronged);
    const state = stateDirectory === "none" ? undefined : directory;
    const machine = new SimulatedMachine(`machine ${index}`, state);
    return Array.from({ length: replicas }, () => machine);
  });
}

function textOf(value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/**
 * Runs one world. Outside of any promise, because only there the microtasks of the simulated
 * processes can be drained.
 */
export function simulate(settings: Settings, keepsLines = false): Promise<Report> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(new Simulation(settings, keepsLines).run());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}
