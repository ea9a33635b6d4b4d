import { parseDurationFrom } from "./duration.ts";
import { invalid, type Parsed, valid } from "./parsed.ts";
import { unreachable } from "../base/unreachable.ts";
import type { Environment } from "./environment.ts";

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
  readonly only?: string;
  /**
   * There is no flag, because everybody on the host sees the arguments of a process. The flag
   * `orFile` takes the path of a file that holds the value instead.
   */
  readonly variableOnly?: { readonly orFile: string };
  /** Set where the value is the path of a file that gives other options. */
  readonly source?: FileSource;
  readonly parse: (text: string, environment: Environment) => Parsed<T>;
}

/** A file that options are taken from. */
export interface FileSource {
  /** What is written in it. */
  readonly kind: "env-file";
  /** Its path where none is given; such a file may be absent. */
  readonly usualPath: string;
}

/** What holds when an option was given nowhere. */
type Fallback =
  | { readonly kind: "required" }
  /** Exactly one of these flags must be given; the value of each of the others is null. */
  | { readonly kind: "one-of"; readonly flags: readonly string[] }
  /** A text, read by the option's own parser. */
  | { readonly kind: "text"; readonly text: string }
  /** A text for each of several flags: that of the one that is given counts. */
  | { readonly kind: "by-choice"; readonly texts: Readonly<Record<string, string>> }
  /** A text that depends on where we run; `shown` describes it to people. */
  | {
      readonly kind: "computed";
      readonly shown: string;
      readonly text: (environment: Environment) => string;
    }
  /** A text that follows from what other options hold, by flag; `shown` describes it to people. */
  | {
      readonly kind: "derived";
      readonly shown: string;
      readonly text: (valueOf: (flag: string) => string) => string;
    }
  /** No value: null. */
  | { readonly kind: "none"; readonly shown: string };

/** Any option, where its type does not matter. */
export type AnyOption = Option<unknown>;

/** Options by the field of the configuration that each gives, in the order of the help. */
export type OptionMap = Readonly<Record<string, AnyOption>>;

/** The configuration that such options give. */
export type ConfigOf<Options extends OptionMap> = {
  readonly [Field in keyof Options]: Options[Field]["parse"] extends Option<infer T>["parse"]
    ? T
    : never;
};

const variablePrefix = "ELECTION_";

/** The variable of the environment and the env file that belongs to a flag. */
export function variableOf(flag: string): string {
  return variablePrefix + flag.toUpperCase().replaceAll("-", "_");
}

/** Whether a variable is meant for this program, by its prefix. */
export function isOurVariable(name: string): boolean {
  return name.startsWith(variablePrefix);
}

/**
 * How the fallback is shown to people.
 * @param literal marks what can be typed as it stands
 */
export function fallbackText(fallback: Fallback, literal = (text: string) => text): string {
  switch (fallback.kind) {
    case "required":
      return "required";
    case "one-of":
      return `one of ${fallback.flags.map((flag) => literal(`--${flag}`)).join(", ")} is required`;
    case "text":
      return literal(fallback.text);
    case "by-choice": {
      const texts = Object.entries(fallback.texts);
      const among = (flag: string): string => (texts.length > 1 ? ` with ${literal(flag)}` : "");
      return texts.map(([flag, text]) => `${literal(text)}${among(`--${flag}`)}`).join(", ");
    }
    case "derived":
      return literal(fallback.shown);
    case "computed":
    case "none":
      return fallback.shown;
    default:
      return unreachable(fallback);
  }
}

/** Defines an option of a kind that no other has. */
export function option<T>(definition: Option<T>): Option<T> {
  return definition;
}

interface Wording {
  readonly flag: string;
  readonly help: string;
}

/**
 * A duration of at least `leastMs` milliseconds.
 * @param fallback the duration that holds where none is given
 */
export function durationOption(
  fallback: string | Fallback,
  wording: Wording,
  leastMs = 1,
): Option<number> {
  return {
    ...wording,
    unit: "duration",
    fallback: typeof fallback === "string" ? { kind: "text", text: fallback } : fallback,
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

/** One of several words. */
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

/** The parser of an option that takes one of several words. */
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

/** Lets an option change while the process runs. */
export function liveOption<T>(definition: Option<T>): Option<T> {
  return { ...definition, isLive: true };
}

/**
 * Demands exactly one of several options; of a single option nothing changes. The values of those
 * that are not given are null.
 */
export function exactlyOneOf<const Options extends OptionMap>(
  options: Options,
): Alternatives<Options> {
  const flags = Object.values(options).map(({ flag }) => flag);
  const fallback: Fallback = { kind: "one-of", flags };
  const alternatives = Object.entries(options).map(([field, each]) => [
    field,
    flags.length === 1 ? each : { ...each, fallback },
  ]);
  // Each field has its option of before, whose value may now be null.
  return Object.fromEntries(alternatives) as Alternatives<Options>;
}

type Alternatives<Options extends OptionMap> =
  IsSingle<keyof Options> extends true
    ? Options
    : { readonly [Field in keyof Options]: Option<ConfigOf<Options>[Field] | null> };

/** Whether a union has one member only. */
type IsSingle<Union, Member = Union> = Member extends unknown
  ? [Union] extends [Member]
    ? true
    : false
  : never;

/** A path of the file system, at most 4096 bytes (the kernel's PATH_MAX). */
export function parsePath(text: string): Parsed<string> {
  if (text.includes("\0") || Buffer.byteLength(text) > 4095) {
    return invalid("a path of at most 4095 bytes without NUL");
  }
  return valid(text);
}
