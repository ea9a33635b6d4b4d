import { SimulatedDirectory } from "./simulated-directory.ts";
import type { DiskWitness } from "./simulated-disk.ts";

/** A state directory: it stays when a machine starts anew, and several may see the same. */
export class SimulatedStateDirectory {
  readonly directory = new SimulatedDirectory(() => 0);
  /** Those whose processes have locked something here. */
  readonly machines = new Set<SimulatedMachine>();
  readonly #wronged: (file: string) => void;

  /** @param wronged hears of lock files that are removed while another machine holds them */
  constructor(wronged: (file: string) => void) {
    this.#wronged = wronged;
  }

  /** Watches the removals of one machine's process. */
  witnessOf(remover: SimulatedMachine): DiskWitness {
    return {
      starts: () => undefined,
      lands: (_step, file, removed) => {
        const others = [...this.machines].filter((machine) => machine !== remover);
        if (others.some((machine) => machine.isLocked(removed?.inode ?? 0))) this.#wronged(file);
      },
    };
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
