import { disagreements } from "../coordination/zookeeper/disagreements.ts";
import { gather, type Given, placeOf, type Source, spelling } from "./given.ts";
import { type AnyOption, variableOf } from "./option.ts";
import { type Config, options } from "../daemon/options.ts";
import { type Parsed, valid } from "./parsed.ts";
import { quoted } from "../base/quoted.ts";
import type { Surroundings } from "./environment.ts";

/** A checked configuration, or all that is wrong with it. */
export type Loading<Field extends keyof Config = keyof Config> =
  | {
      readonly kind: "loaded";
      readonly config: Pick<Config, Field>;
      /** In the order of the table. */
      readonly settings: readonly Setting[];
      /** What a person should know of values that are taken all the same: a line each. */
      readonly warnings: readonly string[];
    }
  /** One line per problem: option, value and what would be right. Never empty. */
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** One option as it was set: for people. */
export interface Setting {
  readonly option: string;
  /** The text that was given; `***` for a secret; null where there is no value. */
  readonly value: string | null;
  readonly source: Source["kind"];
  /** The env file and its line, where that is the source; else null. */
  readonly place: string | null;
}

const mask = "***";

/**
 * Finds every option's value: from `flags` (by flag name), else the environment, else the env
 * file, else its default. It has no side effect besides what `surroundings` does.
 */
export function loadConfig(
  flags: ReadonlyMap<string, string>,
  surroundings: Surroundings,
): Loading {
  const all = Object.keys(options) as (keyof Config)[];
  const loading = loadOptions(all, flags, surroundings);
  if (loading.kind === "invalid") return loading;
  const problems = disagreements(loading.config, surroundings.readFile);
  return problems.length > 0 ? { kind: "invalid", problems } : loading;
}

/** The same for the options of `wanted` alone: what is said of the others is not looked at. */
export function loadOptions<Field extends keyof Config>(
  wanted: readonly Field[],
  flags: ReadonlyMap<string, string>,
  surroundings: Surroundings,
): Loading<Field> {
  const givens = gather(flags, surroundings);
  const problems = [...givens.problems];
  const fields: Record<string, unknown> = {};
  const settings: Setting[] = [];
  const warnings: string[] = [];
  const missing: string[] = [];
  for (const field of wanted) {
    const option: AnyOption = options[field];
    const given = givens.values.get(option.flag) ?? fallbackOf(option, surroundings);
    settings.push(settingOf(option, given));
    const read = given === undefined ? readNothing(option) : readText(option, given, surroundings);
    if (read.kind === "valid") {
      fields[field] = read.value;
      if (read.warning !== undefined) warnings.push(read.warning);
    } else (given === undefined ? missing : problems).push(read.expected);
  }
  // What is missing is most likely what another problem is about: a slip in its name, an env file
  // that cannot be read.
  if (problems.length === 0) problems.push(...missing);
  if (problems.length > 0) return { kind: "invalid", problems };
  // Every field was read by the parser of the table that gives the field its type.
  return { kind: "loaded", config: fields as Pick<Config, Field>, settings, warnings };
}

/** A setting as its author wrote it, and where: what a message about it begins with. */
export function shownSetting({ option, value, source, place }: Setting): string {
  if (source === "default") return `--${option} ${value}, the default`;
  const variable = place === null ? variableOf(option) : `${variableOf(option)} (${place})`;
  return `${source === "flag" ? `--${option}` : variable} ${quoted(value ?? "")}`;
}

function fallbackOf(option: AnyOption, surroundings: Surroundings): Given | undefined {
  const { fallback } = option;
  if (fallback.kind === "text") return { text: fallback.text, source: { kind: "default" } };
  if (fallback.kind !== "computed") return undefined;
  return { text: fallback.text(surroundings), source: { kind: "default" } };
}

function readNothing(option: AnyOption): Parsed<unknown> {
  if (option.fallback.kind === "none") return valid(null);
  const variable = variableOf(option.flag);
  return problem(`--${option.flag} is missing: expected it, or ${variable}, as <${option.unit}>`);
}

function readText(option: AnyOption, given: Given, surroundings: Surroundings): Parsed<unknown> {
  const name = spelling(option, given.source);
  if (given.text === "") return problem(`${name} "": expected a value`);
  const shown = `${name} ${quoted(option.secret ? mask : given.text)}`;
  const parsed = option.parse(given.text, surroundings);
  if (parsed.kind === "invalid") return problem(`${shown}: expected ${parsed.expected}`);
  if (parsed.warning === undefined) return parsed;
  return { ...parsed, warning: `${shown}: ${parsed.warning}` };
}

function problem(line: string): Parsed<unknown> {
  return { kind: "invalid", expected: line };
}

function settingOf(option: AnyOption, given: Given | undefined): Setting {
  const source: Source = given?.source ?? { kind: "default" };
  return {
    option: option.flag,
    value: given === undefined ? null : option.secret ? mask : given.text,
    source: source.kind,
    place: source.kind === "env-file" ? placeOf(source) : null,
  };
}
