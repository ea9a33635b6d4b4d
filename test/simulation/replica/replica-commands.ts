import type { Commands } from "../../../src/exec/commands.ts";
import { type CommandsOptions, SimulatedCommands } from "./simulated-commands.ts";
import type { CommandKind } from "./simulated-processes.ts";

/** Which hooks a replica has. */
export interface Hooks {
  readonly elected: boolean;
  readonly lost: boolean;
}

/** All commands of one daemon: the one under leadership, and those before and after it. */
export class ReplicaCommands {
  readonly commands: Commands | undefined;
  readonly hooks:
    { readonly elected: Commands | undefined; readonly lost: Commands | undefined } | undefined;
  readonly #all: readonly SimulatedCommands[];

  /** @param runsCommand whether there is one under leadership */
  constructor(options: Omit<CommandsOptions, "kind">, runsCommand: boolean, hooks: Hooks) {
    const all: SimulatedCommands[] = [];
    const open = (kind: CommandKind, isThere: boolean): SimulatedCommands | undefined => {
      if (!isThere) return undefined;
      const opened = new SimulatedCommands({ ...options, kind });
      all.push(opened);
      return opened;
    };
    this.commands = open("work", runsCommand);
    const elected = open("elected", hooks.elected);
    const lost = open("lost", hooks.lost);
    this.hooks = hooks.elected || hooks.lost ? { elected, lost } : undefined;
    this.#all = all;
  }

  /** How many commands have a process that lives. */
  get living(): number {
    return this.#all.reduce((sum, { living }) => sum + living, 0);
  }

  /** Whether nothing is left, no supervisor either. */
  get isEmpty(): boolean {
    return this.#all.every(({ isEmpty }) => isEmpty);
  }

  /** The daemon is gone. */
  loseDaemon(): void {
    for (const each of this.#all) each.loseDaemon();
  }

  /** The machine sleeps, until what this returns is called. */
  freeze(): () => void {
    const thaws = this.#all.map((each) => each.freeze());
    return () => {
      for (const thaw of thaws) thaw();
    };
  }
}
