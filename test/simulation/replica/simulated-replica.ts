import { type LiveSettings, liveSettingsOf } from "../settings.ts";
import { Random } from "../world/random.ts";
import { ReleaseProcess } from "./release-process.ts";
import type { ReplicaOptions } from "./replica-options.ts";
import { ReplicaProcess } from "./replica-process.ts";
import type { SimulatedDirectory } from "../world/simulated-directory.ts";
import type { SimulatedMachine } from "../world/simulated-machine.ts";

/** How long the service manager waits before it starts a process again. */
const restartMs = 1_000;
/** One replica of the real code on its machine, over all of its lives. */
export class SimulatedReplica {
  readonly host: string;
  readonly machine: SimulatedMachine;
  readonly directory: SimulatedDirectory;
  /** Of all of its lives. */
  filesWritten = 0;
  /** What its configuration says at present. */
  live: Partial<LiveSettings> = {};
  /** Where it stood in line when it looked last. */
  position = Number.POSITIVE_INFINITY;
  readonly #options: ReplicaOptions;
  #incarnation = 0;
  #releases = 0;
  #process: ReplicaProcess | undefined;
  /** How many faults keep it from being started. */
  #keptDown = 0;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.host = options.host;
    this.machine = options.machine;
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
    if (silently) this.#losePower(process?.name ?? "");
  }

  #losePower(writer: string): void {
    const { directory } = this;
    const { world, hasOwnDisk } = this.#options;
    if (!hasOwnDisk) return directory.loseWriter(writer);
    directory.losePower(world.random.fork(`power of ${writer}`));
    world.referee.looksAround(this.host, directory);
  }

  /** `election release` is run on its machine, see ReleaseProcess. What it returns kills that. */
  release(diesAfter: number | undefined): () => void {
    this.#releases += 1;
    const name = `${this.host}.r${this.#releases}`;
    const process = new ReleaseProcess({ ...this.#options, name });
    process.begin(diesAfter);
    return () => process.kill();
  }

  /** Its configuration is changed, and its process told to read it again. */
  reload(die: number): void {
    this.live = liveSettingsOf(new Random(die * 2 ** 31, "reload"));
    this.#process?.reload();
  }

  keepDown(): void {
    this.#keptDown += 1;
  }

  allowUp(): void {
    this.#keptDown = Math.max(0, this.#keptDown - 1);
    this.start();
  }
}
