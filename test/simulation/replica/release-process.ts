import { ZooKeeperCoordination } from "../../../src/coordination/zookeeper/coordination.ts";
import type { ServiceConfig } from "../../../src/coordination/zookeeper/options.ts";
import type { Teller } from "../../../src/election/ports/crash-records.ts";
import { StateDirectory } from "../../../src/system/state-directory.ts";
import { Life } from "../referee/life.ts";
import type { Link } from "../world/link.ts";
import type { SimulatedMachine } from "../world/simulated-machine.ts";
import { SimulatedState } from "../world/simulated-state.ts";
import { SimulatedScheduler } from "../world/simulated-scheduler.ts";
import type { ReplicaWorld } from "./replica-options.ts";

export interface ReleaseProcessOptions {
  readonly world: Pick<ReplicaWorld, "timeline" | "network" | "random" | "tell" | "referee">;
  readonly machine: SimulatedMachine;
  readonly host: string;
  readonly name: string;
  readonly config: ServiceConfig;
  readonly rate: number;
}

/** One run of `election release`, as a service manager's ExecStopPost makes it. */
export class ReleaseProcess {
  readonly #options: ReleaseProcessOptions;
  readonly #life = new Life();
  readonly #streams = new Set<Link>();
  #state: SimulatedState | undefined;

  constructor(options: ReleaseProcessOptions) {
    this.#options = options;
  }

  /** @param diesAfter how many steps in the state directory it lives for, where it dies half-way */
  begin(diesAfter: number | undefined): void {
    const { machine, world, name } = this.#options;
    const { stateDirectory } = machine;
    if (stateDirectory === undefined) return;
    const random = world.random.fork(`${name} state`);
    this.#state = new SimulatedState({ machine, stateDirectory, life: this.#life, random });
    if (diesAfter !== undefined) this.#state.killAfter(diesAfter, () => this.kill());
    this.#life.deliver("io", () => {
      this.#run().then(
        (done) => {
          world.tell(name, done ? "has released everything" : "could not release everything");
          if (this.#state?.locks.held !== 0)
            world.referee.blame("leak", `${name} holds a lock still`);
          this.kill();
        },
        (error: unknown) => {
          // Of a dead process nobody hears.
          if (!this.#life.over) world.referee.blame("crash", `${name}: ${String(error)}`);
        },
      );
    });
  }

  kill(): void {
    this.#life.end();
    for (const link of this.#streams) link.dropClient(false);
    this.#streams.clear();
    this.#state?.locks.drop();
  }

  async #run(): Promise<boolean> {
    const { world, host, name, config, rate } = this.#options;
    if (this.#state === undefined) return true;
    const clock = world.random.fork(`${name} clock`);
    await using state = await StateDirectory.on(this.#state.disk, this.#state.locks);
    const scheduler = new SimulatedScheduler(world.timeline, this.#life, clock, rate);
    const transport = world.network.transportOf(host, this.#life, this.#streams);
    const coordination = new ZooKeeperCoordination(config, scheduler, transport);
    const tell: Teller = (_level, detail) => world.tell(name, detail);
    const left = await state.leftBehind((detail) => tell("warn", detail));
    return await coordination.releaseLeftBehind(left, tell, new AbortController().signal);
  }
}
