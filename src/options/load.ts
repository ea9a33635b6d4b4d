/*
 * The engine of the configuration. It knows no option: a table says which there are. Out of the
 * table, the flags and the environment it makes a configuration, or says all that is wrong.
 *
 * I1  An earlier source goes before a later one: flag, environment, a file that an option names,
 *     default.
 * I2  Equal arguments give an equal configuration: files, host name and chance are asked of the
 *     environment alone.
 * I3  A configuration is whole or is not there, and every problem is told at once. An option that
 *     is missing is told where nothing else is wrong.
 * I4  The text of a secret stands in the configuration alone: in no setting, and in no message.
 */

import { quoted } from "../base/quoted.ts";
import { unreachable } from "../base/unreachable.ts";
import type { Environment } from "./environment.ts";
import { gather, type Given } from "./given.ts";
import { type AnyOption, type ConfigOf, type OptionMap, variableOf } from "./option.ts";
import { type Parsed, valid } from "./parsed.ts";
import { placeOf, type Setting, type Source, spelling } from "./setting.ts";
import type { Check, KnownNames, Loading, Table } from "./table.ts";

const mask = "***";

/**
 * Finds every option's value: from `flags` (by flag name), else the environment, else a file that
 * an option names, else its default. Then the checks look at all of it: those of the table, and
 * where they find no problem, `more`. It has no side effect besides what `environment` does.
 */
export function loadConfig<Options extends OptionMap>(
  table: Table<Options>,
  flags: ReadonlyMap<string, string>,
  environment: Environment,
  more: readonly Check<ConfigOf<Options>>[] = [],
): Loading<ConfigOf<Options>> {
  const all = Object.keys(table.options) as (keyof Options)[];
  const loading = loadOptions(table, all, flags, environment);
  return checked(checked(loading, table.checks, environment), more, environment);
}

/**
 * Finds the values of the options of `wanted` alone, as loadConfig does: what is said of the
 * others is not looked at, and nothing is checked as a whole.
 */
export function loadOptions<Options extends OptionMap, Field extends keyof Options>(
  table: KnownNames & { readonly options: Options },
  wanted: readonly Field[],
  flags: ReadonlyMap<string, string>,
  environment: Environment,
): Loading<Pick<ConfigOf<Options>, Field>> {
  const givens = gather(table, flags, environment);
  // A field of the table is there, whatever its name.
  const options = wanted.map((field) => ({ field, option: table.options[field] as AnyOption }));
  const problems = [...givens.problems];
  const fields: Partial<Record<Field, unknown>> = {};
  const settings: Setting[] = [];
  const warnings: string[] = [];
  const missing: string[] = [];
  for (const { field, option } of options) {
    const given =
      givens.values.get(option.flag) ??
      fallbackOf(option, givens.values, environment, table.options);
    settings.push(settingOf(option, given));
    const read = given === undefined ? readNothing(option) : readText(option, given, environment);
    if (read.kind === "valid") {
      fields[field] = read.value;
      if (read.warning !== undefined) warnings.push(read.warning);
    } else (given === undefined ? missing : problems).push(read.expected);
  }
  const choices = choicesAmong(
    options.map(({ option }) => option),
    table.options,
  );
  for (const choice of choices) {
    const given = choice.filter(({ flag }) => givens.values.has(flag));
    if (given.length === 0) missing.push(noneOf(choice));
    if (given.length > 1) problems.push(severalOf(given, givens.values));
  }
  // What is missing is most likely what another problem is about: a slip in its name, an env file
  // that cannot be read.
  if (problems.length === 0) problems.push(...missing);
  if (problems.length > 0) return { kind: "invalid", problems };
  // Every field was read by the parser of the table that gives the field its type.
  const config = fields as Pick<ConfigOf<Options>, Field>;
  return { kind: "loaded", config, settings, warnings };
}

/** Adds what the checks say. A problem makes it invalid. */
function checked<Config>(
  loading: Loading<Config>,
  checks: readonly Check<Config>[],
  environment: Environment,
): Loading<Config> {
  if (loading.kind === "invalid") return loading;
  const verdicts = checks.map((check) => check(loading, environment));
  const problems = verdicts.flatMap((verdict) => verdict.problems ?? []);
  if (problems.length > 0) return { kind: "invalid", problems };
  const warnings = verdicts.flatMap((verdict) => verdict.warnings ?? []);
  return { ...loading, warnings: [...loading.warnings, ...warnings] };
}

/** What the option is without being given; undefined for no value. */
function fallbackOf(
  { fallback }: AnyOption,
  given: ReadonlyMap<string, Given>,
  environment: Environment,
  all: OptionMap,
): Given | undefined {
  const source = { kind: "default" } as const;
  switch (fallback.kind) {
    case "text":
      return { text: fallback.text, source };
    case "computed":
      return { text: fallback.text(environment), source };
    case "derived": {
      const valueOf = (flag: string): string => {
        const other = Object.values(all).find((each) => each.flag === flag);
        const usual = other && fallbackOf(other, given, environment, all);
        return given.get(flag)?.text ?? usual?.text ?? "";
      };
      return { text: fallback.text(valueOf), source };
    }
    case "by-choice": {
      const texts = Object.entries(fallback.texts);
      // Where none is given, that is a problem by itself, and the value does not matter.
      const [, text = ""] = texts.find(([flag]) => given.has(flag)) ?? texts[0] ?? [];
      return { text, source };
    }
    case "required":
    case "one-of":
    case "none":
      return undefined;
    default:
      return unreachable(fallback);
  }
}

function readNothing({ fallback, flag, unit }: AnyOption): Parsed<unknown> {
  if (fallback.kind !== "required") return valid(null);
  return problem(`--${flag} is missing: expected it, or ${variableOf(flag)}, as <${unit}>`);
}

function readText(option: AnyOption, given: Given, environment: Environment): Parsed<unknown> {
  const name = spelling(option, given.source);
  if (given.text === "") return problem(`${name} "": expected a value`);
  const shown = `${name} ${quoted(option.secret ? mask : given.text)}`;
  const parsed = option.parse(given.text, environment);
  if (parsed.kind === "invalid") return problem(`${shown}: expected ${parsed.expected}`);
  if (parsed.warning === undefined) return parsed;
  return { ...parsed, warning: `${shown}: ${parsed.warning}` };
}

function problem(line: string): Parsed<unknown> {
  return { kind: "invalid", expected: line };
}

/** The groups of options of which exactly one must be given: those that `wanted` are part of. */
function choicesAmong(
  wanted: readonly AnyOption[],
  options: OptionMap,
): readonly (readonly AnyOption[])[] {
  const groups = new Map<string, readonly AnyOption[]>();
  for (const { fallback } of wanted) {
    if (fallback.kind !== "one-of") continue;
    const group = Object.values(options).filter(({ flag }) => fallback.flags.includes(flag));
    groups.set(fallback.flags.join(), group);
  }
  return [...groups.values()];
}

function noneOf(choice: readonly AnyOption[]): string {
  const [flags, variables] = [
    choice.map(({ flag, unit }) => `--${flag}=<${unit}>`),
    choice.map(({ flag }) => variableOf(flag)),
  ];
  return `${flags.join(" or ")} is missing: expected one of them, or ${variables.join(" or ")}`;
}

function severalOf(choice: readonly AnyOption[], given: ReadonlyMap<string, Given>): string {
  const names = choice.map((option) => {
    return spelling(option, given.get(option.flag)?.source ?? { kind: "default" });
  });
  return `${names.join(" and ")}: expected one of them`;
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
