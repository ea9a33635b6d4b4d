import type { NewStateLock, StateLock, StateLocks } from "../../../src/system/state-locks.ts";
import type { Life } from "../referee/life.ts";
import { InstantSteps } from "./disk-steps.ts";
import type { Random } from "./random.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import type { SimulatedMachine, SimulatedStateDirectory } from "./simulated-machine.ts";

export interface SimulatedStateOptions {
  readonly machine: SimulatedMachine;
  readonly stateDirectory: SimulatedStateDirectory;
  readonly life: Life;
  readonly random: Random;
}

/** One process's view of its machine's state directory: its files, and the locks beside them. */
export class SimulatedState {
  readonly disk: SimulatedDisk;
  readonly locks: SimulatedLocks;
  readonly #steps: InstantSteps;

  constructor(options: SimulatedStateOptions) {
    const { machine, stateDirectory, life } = options;
    this.#steps = new InstantSteps(life);
    this.disk = new SimulatedDisk({
      path: "/state",
      directory: stateDirectory.directory,
      writer: "state",
      now: () => 0,
      steps: this.#steps,
      witness: stateDirectory.witnessOf(machine),
    });
    this.locks = new SimulatedLocks(options, this.#steps);
  }

  /** The process is killed before it takes so many more steps here. */
  killAfter(steps: number, kill: () => void): void {
    this.#steps.killAfter(steps, kill);
  }
}

/** The locks of one process. */
class SimulatedLocks implements StateLocks {
  readonly #options: SimulatedStateOptions;
  readonly #steps: InstantSteps;
  readonly #held = new Map<number, () => void>();

  constructor(options: SimulatedStateOptions, steps: InstantSteps) {
    this.#options = options;
    this.#steps = steps;
  }

  /** How many locks the process holds. */
  get held(): number {
    return this.#held.size;
  }

  /** The process is gone: the kernel drops what it had locked. */
  drop(): void {
    for (const drop of this.#held.values()) drop();
    this.#held.clear();
  }

  async inspect(): Promise<void> {
    await Promise.resolve();
  }

  bootId(): string {
    return this.#options.machine.bootId;
  }

  freshName(): string {
    const { random } = this.#options;
    const digits = Array.from({ length: 32 }, () => random.integer(0, 15).toString(16));
    return digits.join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  tryLock(file: string): StateLock | undefined {
    this.#steps.begin();
    const found = this.#options.stateDirectory.directory.files.get(file);
    if (found === undefined) throw new Error(`${file}: cannot be opened`);
    return this.#lock(file, found.inode);
  }

  tryLockOrMake(file: string): StateLock | undefined {
    if (this.#options.stateDirectory.directory.files.has(file)) return this.tryLock(file);
    this.#steps.begin();
    return this.#lock(file, this.#create(file));
  }

  makeLock(file: string): NewStateLock | undefined {
    this.#steps.begin();
    const unnamed = `${file}.new`;
    const lock = this.#lock(unnamed, this.#create(unnamed));
    if (lock === undefined) return undefined;
    const place = (): void => {
      this.#steps.begin();
      const { directory } = this.#options.stateDirectory;
      const created = directory.files.get(unnamed);
      if (created === undefined) throw new Error(`${unnamed} is gone`);
      directory.change({ taken: unnamed, given: { name: file, file: created } });
    };
    return { ...lock, isInPlace: true, place };
  }

  #create(name: string): number {
    const { directory } = this.#options.stateDirectory;
    const file = directory.newFile("", "state", 0);
    directory.change({ given: { name, file } });
    return file.inode;
  }

  #lock(file: string, inode: number): StateLock | undefined {
    const { machine, stateDirectory } = this.#options;
    if (machine.isLocked(inode)) return undefined;
    const drop = machine.hold(inode);
    stateDirectory.machines.add(machine);
    this.#held.set(inode, drop);
    return {
      identity: `${inode}`,
      descriptor: inode,
      isInPlace: stateDirectory.directory.files.get(file)?.inode === inode,
      [Symbol.dispose]: () => {
        if (this.#held.delete(inode)) drop();
      },
    };
  }
}
