import type { NewStateLock, StateLock, StateMedium } from "../../../src/system/state-medium.ts";
import type { Life } from "../referee/life.ts";
import type { Random } from "./random.ts";

interface StateFile {
  readonly inode: number;
  content: string;
}

/** A state directory: it stays when a machine starts anew, and several may see the same. */
export class SimulatedStateDirectory {
  readonly files = new Map<string, StateFile>();
  /** Those whose processes have locked something here. */
  readonly machines = new Set<SimulatedMachine>();
  readonly #wronged: (file: string) => void;
  #inodes = 0;

  /** @param wronged hears of lock files that are removed while another machine holds them */
  constructor(wronged: (file: string) => void) {
    this.#wronged = wronged;
  }

  remove(file: string, remover: SimulatedMachine): void {
    const inode = this.files.get(file)?.inode ?? 0;
    const others = [...this.machines].filter((machine) => machine !== remover);
    if (others.some((machine) => machine.isLocked(inode))) this.#wronged(file);
    this.files.delete(file);
  }

  create(file: string, content: string): StateFile {
    const created = { inode: (this.#inodes += 1), content };
    this.files.set(file, created);
    return created;
  }
}

/** A kernel: the boot id that it was started with, and the locks that its processes hold. */
export class SimulatedMachine {
  readonly stateDirectory: SimulatedStateDirectory | undefined;
  /**
   * Who has each locked file open, by inode: a lock falls with the last of them. Locks do not reach
   * another machine that sees the same directory.
   */
  readonly #locks = new Map<number, Set<object>>();
  /** What loses its life with the machine's power, besides the replicas. */
  readonly #residents = new Set<() => void>();
  readonly #name: string;
  #boots = 1;

  constructor(name: string, stateDirectory: SimulatedStateDirectory | undefined) {
    this.#name = name;
    this.stateDirectory = stateDirectory;
  }

  get bootId(): string {
    return `boot ${this.#boots} of ${this.#name}`;
  }

  isLocked(inode: number): boolean {
    return this.#locks.has(inode);
  }

  /** One more process has the locked file open, until it calls what this returns. */
  hold(inode: number): () => void {
    const holder = {};
    const holders = this.#locks.get(inode) ?? new Set();
    this.#locks.set(inode, holders.add(holder));
    return () => {
      holders.delete(holder);
      if (holders.size === 0 && this.#locks.get(inode) === holders) this.#locks.delete(inode);
    };
  }

  /** `die` is called when the power is lost. What this returns is for who dies before that. */
  house(die: () => void): () => void {
    this.#residents.add(die);
    return () => this.#residents.delete(die);
  }

  /** It has lost its power, and its processes with it. */
  reboot(): void {
    this.#boots += 1;
    this.#locks.clear();
    for (const die of this.#residents) die();
    this.#residents.clear();
  }
}

/** One process's view of its machine's state directory. No step of a dead process does anything. */
export class SimulatedStateMedium implements StateMedium {
  readonly path = "/state";
  readonly #machine: SimulatedMachine;
  readonly #directory: SimulatedStateDirectory;
  readonly #life: Life;
  readonly #random: Random;
  readonly #held = new Map<number, () => void>();
  #doom: { steps: number; readonly kill: () => void } | undefined;

  constructor(
    machine: SimulatedMachine,
    directory: SimulatedStateDirectory,
    life: Life,
    random: Random,
  ) {
    this.#machine = machine;
    this.#directory = directory;
    this.#life = life;
    this.#random = random;
  }

  /** How many locks the process holds. */
  get held(): number {
    return this.#held.size;
  }

  /** The process is gone: the kernel drops what it had locked. */
  dropLocks(): void {
    for (const drop of this.#held.values()) drop();
    this.#held.clear();
  }

  /** The process is killed before it takes so many more steps here. */
  killAfter(steps: number, kill: () => void): void {
    this.#doom = { steps, kill };
  }

  async prepare(): Promise<void> {
    this.#step();
    await Promise.resolve();
  }

  bootId(): string {
    return this.#machine.bootId;
  }

  freshName(): string {
    const digits = Array.from({ length: 32 }, () => this.#random.integer(0, 15).toString(16));
    return digits.join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  tryLock(file: string): StateLock | undefined {
    this.#step();
    const found = this.#directory.files.get(file);
    if (found === undefined) throw new Error(`${file}: cannot be opened`);
    return this.#lock(file, found.inode);
  }

  makeLock(file: string): NewStateLock | undefined {
    this.#step();
    const unnamed = `${file}.new`;
    const created = this.#directory.create(unnamed, "");
    const lock = this.#lock(unnamed, created.inode);
    if (lock === undefined) return undefined;
    const place = (): void => {
      this.#step();
      this.#directory.files.delete(unnamed);
      this.#directory.files.set(file, created);
    };
    return { ...lock, isInPlace: true, place };
  }

  #lock(file: string, inode: number): StateLock | undefined {
    if (this.#machine.isLocked(inode)) return undefined;
    const drop = this.#machine.hold(inode);
    this.#directory.machines.add(this.#machine);
    this.#held.set(inode, drop);
    return {
      identity: `${inode}`,
      descriptor: inode,
      isInPlace: this.#directory.files.get(file)?.inode === inode,
      [Symbol.dispose]: () => {
        if (this.#held.delete(inode)) drop();
      },
    };
  }

  names(): readonly string[] {
    this.#step();
    return [...this.#directory.files.keys()];
  }

  read(file: string): string | undefined {
    this.#step();
    return this.#directory.files.get(file)?.content;
  }

  replace(file: string, _temporary: string, content: string): void {
    this.#step();
    this.#directory.create(file, content);
  }

  remove(file: string): void {
    this.#step();
    this.#directory.remove(file, this.#machine);
  }

  #step(): void {
    if (this.#doom !== undefined) {
      this.#doom.steps -= 1;
      if (this.#doom.steps < 0) this.#doom.kill();
    }
    if (this.#life.over) throw new Error("the process is gone");
  }
}
