import { parseDurationFrom } from "./duration.ts";
import { invalid, type Parsed, valid } from "./parsed.ts";
import type { Surroundings } from "./environment.ts";

/** One thing that can be configured: as a flag, as a variable, in the env file. */
export interface Option<T> {
  /** The flag without its dashes. */
  readonly flag: string;
  /** What stands for the value in help: its kind or unit. */
  readonly unit: string;
  readonly fallback: Fallback;
  /** One sentence for the help and the README. */
  readonly help: string;
  /** What shells complete the value from, where that does not follow from the unit. */
  readonly completes?: "nothing" | { readonly list: readonly string[] };
  /** A secret is never printed: not in an error, not in a dump. */
  readonly secret: boolean;
  /** A switch is a flag without a value, and a variable that is `true` or `false`. */
  readonly isSwitch?: boolean;
  /** A running process takes over another value when it reads its configuration again. */
  readonly isLive?: boolean;
  /** The one command that has it; every command that runs a replica, where it is left out. */
  readonly only?: "exec";
  /** There is no flag: everybody on the host sees the arguments of a process. */
  readonly variableOnly?: true;
  readonly parse: (text: string, surroundings: Surroundings) => Parsed<T>;
}

/** What holds when an option was given nowhere. */
export type Fallback =
  | { readonly kind: "required" }
  /** A text, read by the option's own parser. */
  | { readonly kind: "text"; readonly text: string }
  /** A text that depends on where we run; `shown` describes it to people. */
  | {
      readonly kind: "computed";
      readonly shown: string;
      readonly text: (surroundings: Surroundings) => string;
    }
  /** No value: null. */
  | { readonly kind: "none"; readonly shown: string };

/** Any option, where its type does not matter. */
export type AnyOption = Option<unknown>;

const variablePrefix = "ELECTION_";

/** The variable of the environment and the env file that belongs to a flag. */
export function variableOf(flag: string): string {
  return variablePrefix + flag.toUpperCase().replaceAll("-", "_");
}

export function isOurVariable(name: string): boolean {
  return name.startsWith(variablePrefix);
}

/** How the fallback is shown to people. */
export function fallbackText(fallback: Fallback): string {
  if (fallback.kind === "required") return "required";
  return fallback.kind === "text" ? fallback.text : fallback.shown;
}

/** An option of a kind that no other has. */
export function option<T>(definition: Option<T>): Option<T> {
  return definition;
}

interface Wording {
  readonly flag: string;
  readonly help: string;
}

/** @param leastMs what is shorter makes no sense */
export function durationOption(fallback: string, wording: Wording, leastMs = 1): Option<number> {
  return {
    ...wording,
    unit: "duration",
    fallback: { kind: "text", text: fallback },
    secret: false,
    parse: (text) => parseDurationFrom(leastMs, text),
  };
}

/** A whole number of `least` to `most`, in decimal digits. */
export function countOption(
  fallback: number,
  bounds: { readonly least: number; readonly most: number },
  wording: Wording,
): Option<number> {
  const { least, most } = bounds;
  return {
    ...wording,
    unit: "count",
    fallback: { kind: "text", text: String(fallback) },
    secret: false,
    parse: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (value >= least && value <= most) return valid(value);
      return invalid(`a whole number from ${least} to ${most}`);
    },
  };
}

export function choiceOption<const Choice extends string>(
  choices: readonly Choice[],
  fallback: Fallback,
  wording: Wording,
): Option<Choice> {
  return {
    ...wording,
    unit: choices.join("|"),
    fallback,
    secret: false,
    parse: choiceOf(choices),
  };
}

export function choiceOf<const Choice extends string>(
  choices: readonly Choice[],
): (text: string) => Parsed<Choice> {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    return choice === undefined ? invalid(`one of ${choices.join(", ")}`) : valid(choice);
  };
}

/** Off, unless it is given: by the flag alone, or as `true` by the variable. */
export function switchOption(wording: Wording): Option<boolean> {
  return {
    ...wording,
    unit: "true|false",
    fallback: { kind: "text", text: "false" },
    secret: false,
    isSwitch: true,
    parse: (text) => {
      if (text !== "true" && text !== "false") return invalid("true or false");
      return valid(text === "true");
    },
  };
}

/** The same option, which may change while the process runs. */
export function liveOption<T>(definition: Option<T>): Option<T> {
  return { ...definition, isLive: true };
}

/** The same option, of the command `exec` alone. */
export function execOption<T>(definition: Option<T>): Option<T> {
  return { ...definition, only: "exec" };
}

/** A path of the file system, at most 4096 bytes (the kernel's PATH_MAX). */
export function parsePath(text: string): Parsed<string> {
  if (text.includes("\0") || Buffer.byteLength(text) > 4095) {
    return invalid("a path of at most 4095 bytes without NUL");
  }
  return valid(text);
}
