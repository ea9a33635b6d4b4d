import { type ArgDef, type ArgsDef, parseArgs } from "citty";
import { nearestName } from "../options/nearest-name.ts";
import { quoted } from "../base/quoted.ts";

/** Well-formed arguments: every flag known, given once, and with a value where it takes one. */
export interface Arguments {
  /** The values of the flags that were given, by name. */
  readonly values: ReadonlyMap<string, string>;
  /** The flags without a value that were given. */
  readonly switches: ReadonlySet<string>;
  /** The words that belong to no flag, where the command takes such. */
  readonly operands: readonly string[];
  /** What stands behind `--`. */
  readonly rest: readonly string[];
}

/**
 * Advice about words and flags that a command does not take; undefined where none is better than
 * the usual one.
 */
export interface Cures {
  /** About words that belong to no flag: the first such one, and all behind it. */
  readonly word: (words: readonly string[]) => string | undefined;
  readonly flag: (name: string) => string | undefined;
}

const noCures: Cures = { word: () => undefined, flag: () => undefined };

type Reading =
  | { readonly kind: "read"; readonly given: Arguments }
  | { readonly kind: "refused"; readonly problems: readonly string[] };

/**
 * Reads arguments by citty, which by itself takes unknown flags, empty values, the next flag as a
 * value, repeated flags (the last wins), every `--no-x` and any extra word without a complaint. So
 * they are inspected first, and citty only gets to see what it cannot misread.
 */
export function readArguments(
  rawArguments: readonly string[],
  flags: ArgsDef,
  mostOperands = 0,
  cures = noCures,
): Reading {
  const separator = rawArguments.indexOf("--");
  const own = separator < 0 ? rawArguments : rawArguments.slice(0, separator);
  const { problems, operands, flagWords } = inspect(own, flags, mostOperands, cures);
  if (problems.length > 0) return { kind: "refused", problems };

  const parsed = parseArgs([...flagWords], flags);
  const values = new Map<string, string>();
  const switches = new Set<string>();
  for (const name of Object.keys(flags)) {
    const value = parsed[name];
    if (typeof value === "string") values.set(name, value);
    if (value === true) switches.add(name);
  }
  const rest = separator < 0 ? [] : rawArguments.slice(separator + 1);
  return { kind: "read", given: { values, switches, operands, rest } };
}

/** After this number of problems the rest is not looked at: each unknown flag costs time. */
const mostProblems = 20;

interface Inspection {
  /** What is wrong with the arguments: one line each. */
  readonly problems: readonly string[];
  readonly operands: readonly string[];
  /** The arguments without the operands. */
  readonly flagWords: readonly string[];
}

function inspect(
  rawArguments: readonly string[],
  flags: ArgsDef,
  mostOperands: number,
  cures: Cures,
): Inspection {
  const problems: string[] = [];
  const operands: string[] = [];
  const flagWords: string[] = [];
  const seen = new Set<string>();
  for (let index = 0; index < rawArguments.length; index += 1) {
    const argument = rawArguments[index] ?? "";
    if (problems.length >= mostProblems) {
      problems.push(`what follows from ${quoted(argument)} on is not looked at`);
      break;
    }
    if (isWord(argument) && operands.length < mostOperands) {
      operands.push(argument);
      continue;
    }
    const cure = isWord(argument) ? cures.word(rawArguments.slice(index)) : undefined;
    if (cure !== undefined) {
      // What follows belongs to that word.
      problems.push(`unexpected argument ${quoted(argument)}: ${cure}`);
      break;
    }
    flagWords.push(argument);
    if (argument === "" || argument === "-" || isWord(argument)) {
      problems.push(`unexpected argument ${quoted(argument)}: expected a flag; see --help`);
      continue;
    }
    const [spelt, inline] = splitOnce(argument);
    const name = nameOf(spelt, flags);
    if (name === undefined) {
      problems.push(unknownFlag(spelt, flags, cures));
      // The word behind it is its value, as far as anybody can tell.
      if (inline === undefined && isValue(rawArguments[index + 1])) index += 1;
      continue;
    }
    if (seen.has(name)) problems.push(`--${name}: expected it once, but it is given twice`);
    seen.add(name);
    if (!takesValue(flags[name])) {
      if (inline !== undefined) problems.push(`--${name} ${quoted(inline)}: it takes no value`);
      continue;
    }
    const value = inline ?? rawArguments[index + 1];
    if (inline === undefined && isValue(value)) {
      index += 1;
      flagWords.push(value ?? "");
    } else if (inline === undefined) problems.push(missingValue(name, value));
    if (value === "") problems.push(`--${name} "": expected a value`);
  }
  return { problems, operands, flagWords };
}

function isWord(argument: string): boolean {
  return argument !== "" && !argument.startsWith("-");
}

function splitOnce(argument: string): [string, string | undefined] {
  const at = argument.indexOf("=");
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

/** The flag that is meant by `--name` or its one-letter alias; undefined when there is none. */
function nameOf(spelt: string, flags: ArgsDef): string | undefined {
  const long = spelt.startsWith("--") ? spelt.slice(2) : undefined;
  if (long !== undefined) return Object.hasOwn(flags, long) ? long : undefined;
  return Object.keys(flags).find(
    (name) => flags[name]?.type !== "positional" && hasAlias(flags[name], spelt),
  );
}

function hasAlias(flag: ArgDef | undefined, spelt: string): boolean {
  return flag !== undefined && "alias" in flag && `-${String(flag.alias)}` === spelt;
}

function takesValue(flag: ArgDef | undefined): boolean {
  return flag?.type === "string";
}

/** A word may be a value: a negative number too, but no flag. The empty one is refused as such. */
function isValue(word: string | undefined): boolean {
  return word !== undefined && !/^-(?!\d)/.test(word);
}

function missingValue(name: string, next: string | undefined): string {
  if (next === undefined) return `--${name}: expected a value, as in --${name}=...`;
  return `--${name}: expected a value, but the flag ${quoted(next)} follows`;
}

function unknownFlag(spelt: string, flags: ArgsDef, cures: Cures): string {
  const name = spelt.replace(/^-+/, "");
  const negated = name.startsWith("no-") ? name.slice("no-".length) : name;
  const names = Object.keys(flags);
  const nearest = nearestName(name, names) ?? nearestName(negated, names);
  const likely = nearest === undefined ? "see --help for all flags" : `did you mean --${nearest}?`;
  const hint = (spelt.startsWith("--") ? cures.flag(name) : undefined) ?? likely;
  return `unknown flag ${quoted(spelt)}; ${hint}`;
}
