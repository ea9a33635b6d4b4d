import type {
  Coordinator,
  Epoch,
  Leadership,
  ReplicaId,
  ReplicaInfo,
  Session,
} from "../../src/election/coordinator.ts";
import { type ExitStatus, exitCodes } from "../../src/election/exit-status.ts";
import { run } from "../../src/election/machine.ts";
import type { ElectionEvent } from "../../src/election/observer.ts";
import type { StateName } from "../../src/election/transitions.ts";
import { remainingMs } from "../../src/election/scheduler.ts";
import { StepDown } from "../../src/election/step-down.ts";
import { type ReplicaConfig, replicaContext } from "../../src/replica.ts";
import { Life } from "./life.ts";
import type { Link } from "./link.ts";
import type { Random } from "./random.ts";
import type { Referee } from "./referee.ts";
import { SimulatedDisk, type SimulatedDirectory } from "./simulated-disk.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";
import { SimulatedScheduler } from "./simulated-scheduler.ts";
import type { Timeline } from "./timeline.ts";

export interface ReplicaWorld {
  readonly timeline: Timeline;
  readonly network: SimulatedNetwork;
  readonly referee: Referee;
  readonly random: Random;
  /** The session that owns the leader node of an epoch; undefined once it is gone. */
  readonly ownerOf: (epoch: Epoch) => string | undefined;
  readonly tell: (who: string, text: string) => void;
  readonly heard: (replica: SimulatedReplica, event: ElectionEvent) => void;
}

export interface ReplicaOptions {
  readonly world: ReplicaWorld;
  readonly host: string;
  readonly directory: SimulatedDirectory;
  readonly config: Omit<ReplicaConfig, "replicaId">;
  readonly rate: number;
}

/** How long the service manager waits before it starts a process again. */
const restartMs = 1_000;

/** One machine with one replica of the real code on it, over all of its lives. */
export class SimulatedReplica {
  readonly host: string;
  readonly directory: SimulatedDirectory;
  /** Of all of its lives. */
  filesWritten = 0;
  /** Where it stood in line when it looked last. */
  position = Number.POSITIVE_INFINITY;
  readonly #options: ReplicaOptions;
  #incarnation = 0;
  #process: ReplicaProcess | undefined;
  /** How many faults keep it from being started. */
  #keptDown = 0;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.host = options.host;
    this.directory = options.directory;
  }

  get process(): ReplicaProcess | undefined {
    return this.#process;
  }

  start(): void {
    if (this.#process !== undefined || this.#keptDown > 0) return;
    this.#incarnation += 1;
    const name = `${this.host}.${this.#incarnation}`;
    const process = new ReplicaProcess(this, this.#options, name);
    this.#process = process;
    process.begin(() => {
      if (this.#process !== process) return;
      this.#process = undefined;
      this.#options.world.timeline.plan(restartMs, () => this.start());
    });
  }

  /** The process is gone at once; `silently` when the machine is, so that no peer is told. */
  kill(silently: boolean): void {
    const process = this.#process;
    this.#process = undefined;
    process?.kill(silently);
    if (silently) this.directory.crash(process?.name ?? "");
  }

  keepDown(): void {
    this.#keptDown += 1;
  }

  allowUp(): void {
    this.#keptDown = Math.max(0, this.#keptDown - 1);
    this.start();
  }
}

/** One life of a replica: the real state machine, coordinator, client and files. */
export class ReplicaProcess {
  readonly name: string;
  readonly scheduler: SimulatedScheduler;
  readonly life = new Life();
  readonly threads = new Life();
  readonly streams = new Set<Link>();
  readonly stepDown = new StepDown();
  readonly #stop = new AbortController();
  readonly #options: ReplicaOptions;
  readonly #replica: SimulatedReplica;
  readonly #disk: SimulatedDisk;
  #holds = 0;
  state: StateName = "Init";
  epoch: Epoch | undefined;

  constructor(replica: SimulatedReplica, options: ReplicaOptions, name: string) {
    const { timeline, random, referee } = options.world;
    this.#replica = replica;
    this.#options = options;
    this.name = name;
    const { rate } = options;
    this.scheduler = new SimulatedScheduler(
      timeline,
      this.life,
      random.fork(`${name} clock`),
      rate,
    );
    const order = random.fork(`${name} loop`);
    this.life.ioFirst = () => order.chance(0.25);
    this.#disk = new SimulatedDisk({
      timeline,
      random: random.fork(`${name} disk`),
      directory: options.directory,
      writer: name,
      life: this.life,
      threads: this.threads,
      witness: {
        starts: (step, file, begunMs) =>
          referee.starts(name, options.directory, step, file, begunMs),
        lands: (step, file, displaced) =>
          referee.lands(name, this.epoch, options.directory, step, file, displaced),
      },
    });
  }

  /** Runs the daemon until it exits; `exited` is not called after `kill`. */
  begin(exited: () => void): void {
    const { world } = this.#options;
    this.life.deliver("io", () => {
      run(this.#context()).then(
        (status) => this.#exit(status, exited),
        (error: unknown) => {
          const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
          world.referee.blame("crash", `${this.name}: ${detail}`);
        },
      );
    });
  }

  askToStop(): void {
    this.life.deliver("io", () => this.#stop.abort());
  }

  askToStepDown(restMs: number): void {
    this.life.deliver("io", () => this.stepDown.request(restMs));
  }

  /** SIGSTOP, or a suspended machine: neither the loop nor the threads run. */
  pause(): void {
    this.#holds += 1;
    this.life.hold();
    this.threads.hold();
  }

  go(): void {
    if (this.#holds === 0) return;
    this.#holds -= 1;
    this.threads.release();
    this.life.release();
  }

  get paused(): boolean {
    return !this.life.running;
  }

  kill(silently: boolean): void {
    this.life.end();
    this.threads.end();
    this.#options.world.referee.forget(this.name);
    for (const link of this.streams) link.dropClient(silently);
    this.streams.clear();
  }

  #exit(status: ExitStatus, exited: () => void): void {
    const { referee, tell, timeline } = this.#options.world;
    tell(this.name, `exits with ${status.code}: ${status.reason}`);
    if (status.code !== exitCodes.effectRunning) {
      // What was aborted in this very turn has settled after the next one.
      timeline.plan(0, () => {
        if (this.life.over) return;
        const { sleeping } = this.scheduler;
        const { effects } = this.#disk;
        const streams = this.streams.size;
        // A proof on a disk that hangs may be left behind: nobody can take it back.
        const proves = status.reason.endsWith("no leadership was held") || status.code !== 0;
        if (sleeping + streams > 0 || (effects > 0 && !proves)) {
          const left = `${sleeping} sleeps, ${effects} effects, ${streams} streams`;
          referee.blame("leak", `${this.name} has exited, and left ${left}`);
        }
      });
    }
    timeline.plan(0.001, () => {
      this.kill(false);
      exited();
    });
  }

  #context() {
    const { world, config, host } = this.#options;
    const replicaId = this.name as ReplicaId;
    const describe = (): ReplicaInfo => ({
      replica: replicaId,
      host,
      pid: 1,
      httpAddress: null,
      since: this.scheduler.wallClock().toISOString(),
    });
    const observer = {
      observe: (event: ElectionEvent) => {
        if (event.kind === "transition") this.state = event.to;
        if (event.kind === "file-written") this.#replica.filesWritten += 1;
        if (event.kind === "line") this.#replica.position = event.position;
        this.#expectRest(event);
        world.referee.observed(this.name, event, this.scheduler.now());
        world.heard(this.#replica, event);
      },
    };
    const context = replicaContext(
      { ...config, replicaId },
      {
        scheduler: this.scheduler,
        transport: world.network.transportOf(host, this.life, this.streams),
        disk: this.#disk,
        observer,
        describe,
        stepDown: this.stepDown,
        stop: this.#stop.signal,
      },
    );
    return { ...context, coordinator: this.#watched(context.coordinator) };
  }

  /** Whoever was asked not to stand neither registers nor attempts before the time is over. */
  #expectRest(event: ElectionEvent): void {
    const until = this.stepDown.standsAgainAt;
    if (until === undefined || remainingMs(this.scheduler, until) === 0) return;
    if (event.kind !== "line" && event.kind !== "attempt") return;
    this.#options.world.referee.blame("rest", `${this.name}: ${event.kind} while it rests`);
  }

  /** The coordinator as it is, but the referee sees every leadership that it hands out. */
  #watched(coordinator: Coordinator): Coordinator {
    return {
      open: async (signal) => {
        const opening = await coordinator.open(signal);
        if (opening.kind === "opened") this.#watchSession(opening.session);
        return opening;
      },
    };
  }

  #watchSession(session: Session): void {
    const attempt = session.attempt.bind(session);
    session.attempt = async (signal) => {
      const outcome = await attempt(signal);
      if (outcome.kind === "won") this.#watchLeadership(outcome.leadership, session.id);
      return outcome;
    };
  }

  #watchLeadership(leadership: Leadership, session: string): void {
    const { referee, ownerOf } = this.#options.world;
    const owner = ownerOf(leadership.epoch);
    if (owner !== undefined && owner !== session) {
      referee.blame("owner", `${this.name} leads in ${session} on the node of ${owner}`);
    }
    this.epoch = leadership.epoch;
    referee.elected(this.name, leadership, this.scheduler);
    const resign = leadership.resign.bind(leadership);
    leadership.resign = async (signal) => {
      referee.resigns(this.name, this.#disk.effects);
      return await resign(signal);
    };
  }
}
