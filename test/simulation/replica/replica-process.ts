import type { Coordination } from "../../../src/election/ports/coordination.ts";
import type {
  Coordinator,
  Epoch,
  ReplicaId,
  ReplicaInfo,
} from "../../../src/election/ports/coordinator.ts";
import type { Duty } from "../../../src/election/ports/duty.ts";
import { type ExitStatus, exitCodes } from "../../../src/election/exit-status.ts";
import { run } from "../../../src/election/machine.ts";
import type { ElectionEvent } from "../../../src/election/ports/observer.ts";
import { Progress } from "../../../src/election/progress.ts";
import { remainingMs } from "../../../src/base/scheduler.ts";
import type { StateName } from "../../../src/election/transitions.ts";
import { StepDown } from "../../../src/election/step-down.ts";
import { ZooKeeperCoordination } from "../../../src/coordination/zookeeper/coordination.ts";
import { runReleasing } from "../../../src/daemon/crash-release.ts";
import type { Teller } from "../../../src/election/ports/crash-records.ts";
import { replicaContext } from "../../../src/daemon/replica.ts";
import { StateDirectory } from "../../../src/system/state-directory.ts";
import { dutyBeginMs, dutyEndMs, stopLimits } from "../../../src/exec/timings.ts";
import { Life } from "../referee/life.ts";
import type { Link } from "../world/link.ts";
import type { Random } from "../world/random.ts";
import { ReplicaCommands } from "./replica-commands.ts";
import type { ReplicaOptions } from "./replica-options.ts";
import { PoolSteps } from "../world/disk-steps.ts";
import { SimulatedDisk } from "../world/simulated-disk.ts";
import { SimulatedState } from "../world/simulated-state.ts";
import { SimulatedScheduler } from "../world/simulated-scheduler.ts";
import type { SimulatedConfig } from "../settings.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";
import { watchedCoordinator } from "./watched-coordinator.ts";

/** How often it is asked whether a process is stuck. */
const beatMs = 5_000;

/** One life of a replica: the real state machine, coordinator, client and files. */
export class ReplicaProcess {
  readonly name: string;
  readonly scheduler: SimulatedScheduler;
  readonly life = new Life();
  readonly threads = new Life();
  readonly streams = new Set<Link>();
  readonly stepDown = new StepDown();
  readonly disk: SimulatedDisk;
  /** A part of it can change, see `reload`. */
  readonly config: SimulatedConfig & { readonly replicaId: ReplicaId };
  readonly #progress: Progress;
  readonly #coordination: Coordination;
  readonly #stop = new AbortController();
  readonly #options: ReplicaOptions;
  readonly #replica: SimulatedReplica;
  readonly #diskSteps: PoolSteps;
  readonly #state: SimulatedState | undefined;
  readonly #random: Random;
  #commands: ReplicaCommands | undefined;
  #changing = new AbortController();
  #thaw: () => void = () => undefined;
  #holds = 0;
  state: StateName = "Init";
  epoch: Epoch | undefined;
  /** The one that it opened last. */
  session: bigint | undefined;
  /** The leadership whose duty has not ended yet. */
  acting: Epoch | undefined;
  /** It has the leader node, and waits for an earlier lease to end. */
  waitsOut = false;

  constructor(replica: SimulatedReplica, options: ReplicaOptions, name: string) {
    const { timeline, random, referee } = options.world;
    this.#replica = replica;
    this.#options = options;
    this.name = name;
    const { rate, slew, machine, command, hooks } = options;
    const config = { ...options.config, ...replica.live, replicaId: name as ReplicaId };
    this.config = config;
    this.#random = random.fork(`${name} process`);
    this.#state =
      machine.stateDirectory &&
      new SimulatedState({
        machine,
        stateDirectory: machine.stateDirectory,
        life: this.life,
        random: random.fork(`${name} state`),
      });
    const clock = random.fork(`${name} clock`);
    this.scheduler = new SimulatedScheduler(timeline, this.life, clock, rate);
    this.scheduler.clock.setSlew(slew);
    const transport = options.world.network.transportOf(options.host, this.life, this.streams);
    this.#coordination = new ZooKeeperCoordination(config, this.scheduler, transport);
    const kinds = {
      command: command !== "none",
      onElected: hooks.elected,
      onLost: hooks.lost,
    };
    const { timing } = this.#coordination;
    this.#progress = new Progress(config, this.#coordination, {
      writes: command !== "alone",
      beginMs: dutyBeginMs(config, timing, kinds),
      endMs: dutyEndMs(config, timing, kinds),
    });
    referee.configured(name, config, options.directory);
    const order = random.fork(`${name} loop`);
    this.life.ioFirst = () => order.chance(0.25);
    const { directory } = options;
    const { life, threads } = this;
    const steps = { timeline, random: random.fork(`${name} disk`), directory, life, threads };
    this.#diskSteps = new PoolSteps(steps);
    this.disk = new SimulatedDisk({
      path: "/simulated",
      directory,
      writer: name,
      now: () => timeline.now,
      steps: this.#diskSteps,
      witness: {
        starts: (step, file, begunMs) => referee.starts(name, directory, step, file, begunMs),
        lands: (step, file, displaced) =>
          referee.lands(name, this.epoch, directory, step, file, displaced),
      },
    });
  }

  /** Runs the daemon until it exits; `exited` is not called after `kill`. */
  begin(exited: () => void): void {
    const { world } = this.#options;
    this.#beat();
    this.life.deliver("io", () => {
      this.#run().then(
        (status) => this.#exit(status, exited),
        (error: unknown) => {
          // A dead process runs on to its next step, and nobody hears of what becomes of it.
          if (this.life.over) return;
          const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
          world.referee.blame("crash", `${this.name}: ${detail}`);
        },
      );
    });
  }

  /** What the watchdog of a service manager would see: no fault may make a process stuck. */
  #beat(): void {
    const { timeline, referee } = this.#options.world;
    if (this.life.over) return;
    timeline.plan(beatMs, () => this.#beat());
    if (!this.life.running) return;
    this.#progress.passed(beatMs);
    const { stuck } = this.#progress;
    if (stuck !== undefined) referee.blame("stuck", `${this.name}: ${stuck}`);
  }

  askToStop(): void {
    this.life.deliver("io", () => this.#stop.abort());
  }

  askToStepDown(restMs: number): void {
    this.life.deliver("io", () => this.stepDown.request(restMs));
  }

  /** SIGHUP: it takes over what its configuration says now, as far as that can change. */
  reload(): void {
    this.life.deliver("io", () => {
      const { referee } = this.#options.world;
      Object.assign(this.config, this.#replica.live);
      referee.configured(this.name, this.config, this.#options.directory);
      const changing = this.#changing;
      this.#changing = new AbortController();
      changing.abort();
    });
  }

  /** The loop is blocked, until its life is released; the threads go on. */
  stall(): void {
    this.#options.world.referee.repairs.holds(this.name);
    this.life.hold();
  }

  /** SIGSTOP, or a suspended machine: neither the loop nor the threads run. */
  pause(): void {
    this.#holds += 1;
    this.#options.world.referee.repairs.holds(this.name);
    this.life.hold();
    this.threads.hold();
  }

  go(): void {
    if (this.#holds === 0) return;
    this.#holds -= 1;
    this.threads.release();
    this.life.release();
  }

  /** The machine sleeps, and with it all that runs on behalf of this process. */
  suspend(): void {
    this.pause();
    this.scheduler.clock.suspend();
    this.#thaw();
    this.#thaw = this.#commands?.freeze() ?? (() => undefined);
  }

  resume(): void {
    this.scheduler.clock.resume();
    this.#thaw();
    this.#thaw = () => undefined;
    this.go();
  }

  get paused(): boolean {
    return !this.life.running;
  }

  /**
   * SIGKILL, or a machine without power (`silently`). What the kernel has begun for a process may
   * still be done; only then the process is gone, and its locks with it.
   */
  kill(silently: boolean): void {
    this.life.end();
    this.#commands?.loseDaemon();
    this.#options.world.referee.forget(this.name);
    for (const link of this.streams) link.dropClient(silently);
    this.streams.clear();
    const gone = (): void => {
      this.threads.end();
      this.#state?.locks.drop();
    };
    if (silently || this.#random.chance(0.5)) return gone();
    while (this.#holds > 0) {
      this.#holds -= 1;
      this.threads.release();
    }
    this.#diskSteps.whenIdle(gone);
  }

  #exit(status: ExitStatus, exited: () => void): void {
    const { referee, tell, timeline } = this.#options.world;
    tell(this.name, `exits with ${status.code}: ${status.reason}`);
    if (status.code !== exitCodes.effectRunning) {
      // What was aborted in this very turn has settled after the next one.
      timeline.plan(0, () => {
        if (this.life.over) return;
        const { sleeping } = this.scheduler;
        const { effects } = this.disk;
        const streams = this.streams.size;
        // A proof on a disk that hangs may be left behind: nobody can take it back.
        const proves = status.reason.includes("no leadership was held") || status.code !== 0;
        if (sleeping + streams > 0 || (effects > 0 && !proves)) {
          const left = `${sleeping} sleeps, ${effects} effects, ${streams} streams`;
          referee.blame("leak", `${this.name} has exited, and left ${left}`);
        }
        if (this.#commands?.isEmpty === false) {
          referee.blame("leak", `${this.name} has exited, and left a command`);
        }
        // What was not surely given up is left to whoever finds the process dead.
        const held = status.clean ? (this.#state?.locks.held ?? 0) : 0;
        if (held > 0) referee.blame("leak", `${this.name} left a lock`);
      });
    }
    timeline.plan(0.001, () => {
      this.kill(false);
      exited();
    });
  }

  async #run(): Promise<ExitStatus> {
    const { world } = this.#options;
    const tell: Teller = (_level, detail) => world.tell(this.name, detail);
    const means = {
      coordination: this.#coordination,
      scheduler: this.scheduler,
      tell,
      stop: this.#stop.signal,
    };
    const own = this.#state;
    const state = own && (await StateDirectory.on(own.disk, own.locks));
    return await runReleasing(state, means, async () => {
      await this.#coordination.start(this.#stop.signal);
      return await run(this.#context(state, tell));
    });
  }

  #context(state: StateDirectory | undefined, tell: Teller) {
    const { world, host } = this.#options;
    const { config } = this;
    const { replicaId } = config;
    const describe = (): ReplicaInfo => ({
      replica: replicaId,
      host,
      pid: 1,
      httpAddress: null,
      since: this.scheduler.wallClock().toISOString(),
    });
    const observer = {
      observe: (event: ElectionEvent) => {
        this.#progress.observe(event);
        if (event.kind === "transition") this.state = event.to;
        if (event.kind === "waiting-out") this.waitsOut = true;
        if (event.kind === "attempt" || event.kind === "transition") this.waitsOut = false;
        if (event.kind === "file-written") this.#replica.filesWritten += 1;
        if (event.kind === "standing" && event.standing.kind === "in-line") {
          this.#replica.position = event.standing.position;
        }
        this.#expectRest(event);
        world.referee.observed(this.name, event, this.scheduler.now());
        world.heard(this.#replica, event);
      },
    };
    const coordination = this.#coordination;
    const { commands, hooks } = this.#openCommands(state?.lockDescriptor);
    const context = replicaContext(config, {
      scheduler: this.scheduler,
      coordinator: coordination.coordinator({ observer, describe, records: state, tell }),
      coordination,
      disk: this.disk,
      observer,
      describe,
      stepDown: this.stepDown,
      stop: this.#stop.signal,
      commands,
      hooks,
      configChanged: () => this.#changing.signal,
      finish: () => this.#stop.abort(),
    });
    const duty = this.#watchedDuty(context.duty);
    return { ...context, duty, coordinator: this.#watched(context.coordinator) };
  }

  #openCommands(lock: number | undefined): ReplicaCommands {
    const { world, command, hooks, machine, calmAtMs } = this.#options;
    const { config } = this;
    const options = {
      timeline: world.timeline,
      random: world.random,
      referee: world.referee.commands,
      tell: (text: string) => world.tell(this.name, text),
      name: this.name,
      daemon: this.life,
      scheduler: this.scheduler,
      clock: this.scheduler.clock,
      lock,
      machine,
      calmAtMs,
      limits: (isUnderLease: boolean) =>
        stopLimits(config, this.#coordination.timing, isUnderLease),
      hookTimeoutMs: config.hookTimeoutMs,
    };
    this.#commands = new ReplicaCommands(options, command !== "none", hooks);
    return this.#commands;
  }

  /** Whoever was asked not to stand neither registers nor attempts before the time is over. */
  #expectRest(event: ElectionEvent): void {
    const until = this.stepDown.standsAgainAt;
    if (until === undefined || remainingMs(this.scheduler, until) === 0) return;
    if (event.kind !== "standing" && event.kind !== "attempt") return;
    this.#options.world.referee.blame("rest", `${this.name}: ${event.kind} while it rests`);
  }

  /** The duty as it is, but it is known from outside when it has ended. */
  #watchedDuty(duty: Duty): Duty {
    return {
      prove: () => duty.prove(),
      lead: async (mandate, signal) => {
        this.acting = mandate.epoch;
        const end = await duty.lead(mandate, signal);
        this.acting = undefined;
        return end;
      },
    };
  }

  #watched(coordinator: Coordinator): Coordinator {
    const { referee, ownerOf } = this.#options.world;
    return watchedCoordinator(coordinator, {
      opened: (session) => {
        this.session = session;
      },
      won: (leadership, session) => {
        const owner = ownerOf(leadership.epoch);
        if (owner !== undefined && owner !== session) {
          referee.blame("owner", `${this.name} leads in ${session} on the node of ${owner}`);
        }
        this.epoch = leadership.epoch;
        referee.elected(this.name, leadership, this.scheduler);
      },
      resigns: () => referee.resigns(this.name, this.disk.effects + (this.#commands?.living ?? 0)),
      abandons: () => referee.abandons(this.name),
      asks: () => referee.repairs.asks(this.name),
      answers: () => referee.repairs.answers(this.name),
    });
  }
}
