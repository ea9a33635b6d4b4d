import type { ArgsDef } from "citty";
import type { HttpAddress } from "../http/http-address.ts";
import type { Config, serviceSettings } from "../daemon/options.ts";
import type { Loading, Setting } from "../options/load.ts";
import { printable } from "../base/quoted.ts";
import type { Surroundings } from "../options/environment.ts";
import type { Shell } from "./completion/completion-command.ts";
import type { Arguments } from "./read-arguments.ts";

/** What a command line asks for. main.ts does it. */
export type CommandLine =
  | {
      readonly kind: "run";
      readonly config: Config;
      readonly settings: readonly Setting[];
      readonly warnings: readonly string[];
      /** Reads the configuration anew: same flags, same environment, the env file as it is now. */
      readonly reload: () => Loading;
      /** What runs while the replica leads; undefined for the files alone. */
      readonly command: readonly string[] | undefined;
    }
  /** The process between a replica and its command: started by a replica only. */
  | { readonly kind: "supervise" }
  | { readonly kind: "release"; readonly config: Config }
  | { readonly kind: "status"; readonly address: HttpAddress; readonly json: boolean }
  /** The same of several replicas, or of all that a service has. */
  | { readonly kind: "survey"; readonly subject: SurveySubject; readonly json: boolean }
  | {
      readonly kind: "check";
      readonly config: Config;
      readonly settings: readonly Setting[];
      readonly json: boolean;
    }
  | { readonly kind: "history"; readonly addresses: Addresses; readonly json: boolean }
  | { readonly kind: "step-down"; readonly wish: StepDownWish; readonly json: boolean }
  | { readonly kind: "completion"; readonly shell: Shell }
  /** Goes to stdout as it is; the exit code is 0. */
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version"; readonly text: string }
  /** Goes to stderr as it is: one line per problem. The exit code is that of bad usage. */
  | { readonly kind: "usage-error"; readonly message: string };

/** Where replicas answer: at least one. */
export type Addresses = readonly [HttpAddress, ...HttpAddress[]];

/** Whose status is asked for. */
export type SurveySubject =
  | { readonly kind: "addresses"; readonly addresses: Addresses }
  /** Whoever its records name. */
  | { readonly kind: "service"; readonly service: Service; readonly hostName: string };

/** All that it takes to read the records of a service. */
export type Service = Pick<Config, (typeof serviceSettings)[number]>;

export interface StepDownWish {
  readonly address: HttpAddress;
  /** How long it shall not stand again: a duration. */
  readonly rest: string;
  /** The file with the token that it takes over TCP. */
  readonly tokenPath: string | undefined;
}

/** One command of the program: a file each, listed in commands.ts. */
export interface Command {
  readonly name: string;
  readonly description: string;
  /** The flags, in citty's notation; every one a string or a boolean. */
  readonly flags: ArgsDef;
  /** Flags that it takes and does nothing with: another command's line shall do. Never shown. */
  readonly ignored?: ArgsDef;
  /** The words that it takes besides flags; none where left out. */
  readonly operands?: Operands;
  /** It runs what stands behind `--`. */
  readonly runsCommand?: true;
  /** What is to be known besides the flags: paragraphs at the end of the help. */
  readonly notes: readonly string[];
  /** Turns arguments, already known to be well-formed, into what is to be done. */
  readonly interpret: (given: Arguments, surroundings: Surroundings) => CommandLine;
}

/** Words of a command line that belong to no flag. */
export interface Operands {
  readonly name: string;
  readonly description: string;
  readonly most: number;
  /** All that such a word may be; anything where left out. */
  readonly choices?: readonly string[];
}

/** A usage error, from the problems that make it up: one line each, whatever they quote. */
export function usageError(problems: readonly string[]): CommandLine {
  const lines = problems.map((problem) => `election: ${printable(problem)}`);
  return { kind: "usage-error", message: `${lines.join("\n")}\n` };
}
