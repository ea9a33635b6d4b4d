import { quoted } from "../base/quoted.ts";
import { parseEnvFile } from "./env-file.ts";
import type { Environment, Variables } from "./environment.ts";
import { nearestName } from "./nearest-name.ts";
import { type AnyOption, type FileSource, isOurVariable, variableOf } from "./option.ts";
import { placeOf, type Source, spelling } from "./setting.ts";
import type { KnownNames } from "./table.ts";

/** The text that an option was given, and by what. */
export interface Given {
  readonly text: string;
  readonly source: Source;
}

/** What was given, by flag name, and the problems met on the way: one line each. */
interface Givens {
  readonly values: ReadonlyMap<string, Given>;
  readonly problems: readonly string[];
}

/**
 * After this number of problems the rest of the environment, or of the env file, is not looked at:
 * each unknown name is compared with all known ones, and nobody reads ten thousand lines.
 */
const mostProblems = 20;

/** Reads a file that an option names: what is given there, and what is wrong with it. */
type ReadSource = (
  naming: AnyOption,
  file: Given,
  known: KnownNames,
  environment: Environment,
) => Givens;

const readers: Readonly<Record<FileSource["kind"], ReadSource>> = { "env-file": fromEnvFile };

/**
 * Takes what the command line, the environment and the files that options name say. An earlier one
 * of them goes before a later one; the files come in the order of the options that name them.
 */
export function gather(
  known: KnownNames,
  flags: ReadonlyMap<string, string>,
  environment: Environment,
): Givens {
  const values = new Map<string, Given>();
  const problems: string[] = [];
  const add = (more: Givens): void => {
    for (const [flag, given] of more.values) if (!values.has(flag)) values.set(flag, given);
    problems.push(...more.problems);
  };
  for (const [flag, text] of flags) values.set(flag, { text, source: { kind: "flag" } });
  add(fromVariables(known, environment.variables));
  for (const option of Object.values(known.options)) {
    if (option.source === undefined) continue;
    const file = values.get(option.flag) ?? usualFile(option.source, environment);
    if (file === undefined) continue;
    values.set(option.flag, file);
    add(readers[option.source.kind](option, file, known, environment));
  }
  return { values, problems };
}

function fromVariables(known: KnownNames, variables: Variables): Givens {
  const values = new Map<string, Given>();
  const problems: string[] = [];
  for (const [name, text] of Object.entries(variables)) {
    if (text === undefined || !isOurVariable(name)) continue;
    if (problems.length === mostProblems) {
      problems.push("the environment: the rest is not looked at");
      break;
    }
    const option = optionOf(name, known);
    if (option !== undefined) {
      values.set(option.flag, { text, source: { kind: "environment" } });
    } else if (!isServiceLink(name) && !known.otherVariables.has(name)) {
      problems.push(unknownVariable(name, "the environment", known));
    }
  }
  return { values, problems };
}

/**
 * Kubernetes sets such variables in every pod of a namespace that has a service whose name begins
 * with "election": they are not meant for us, and must not stop us.
 * Source: Kubernetes, "Connecting Applications with Services", environment variables.
 */
function isServiceLink(name: string): boolean {
  return /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)?$/.test(name);
}

/** The file that is read where none is named: it may be absent. One that was named may not. */
function usualFile(source: FileSource, environment: Environment): Given | undefined {
  if (environment.readFile(source.usualPath).kind === "absent") return undefined;
  return { text: source.usualPath, source: { kind: "default" } };
}

function fromEnvFile(
  naming: AnyOption,
  file: Given,
  known: KnownNames,
  environment: Environment,
): Givens {
  const path = file.text;
  const values = new Map<string, Given>();
  const refuse = (problem: string): Givens => ({ values, problems: [problem] });
  // The option's own check refuses the empty path.
  if (path === "") return { values, problems: [] };
  const reading = environment.readFile(path);
  if (reading.kind !== "read") {
    const why = reading.kind === "absent" ? "it does not exist" : reading.detail;
    const named = spelling(naming, file.source);
    return refuse(`${named} ${quoted(path)}: expected a readable file, but ${why}`);
  }
  const parsed = parseEnvFile(reading.text);
  if (parsed.kind === "invalid") {
    return refuse(`${placeOf({ path, line: parsed.line })}: expected ${parsed.expected}`);
  }

  const problems: string[] = [];
  for (const { name, value, line } of parsed.variables) {
    if (!isOurVariable(name)) continue;
    if (problems.length === mostProblems) {
      problems.push(`${placeOf({ path, line })}: the rest is not looked at`);
      break;
    }
    const source = { kind: "env-file", path, line } as const;
    const option = optionOf(name, known);
    if (option === undefined) {
      problems.push(unknownVariable(name, placeOf(source), known));
    } else if (option.flag === naming.flag) {
      problems.push(`${spelling(option, source)}: an env file cannot name another one`);
    } else if (values.has(option.flag)) {
      problems.push(`${spelling(option, source)}: expected it once, but it is given above`);
    } else {
      values.set(option.flag, { text: value, source });
    }
  }
  return { values, problems };
}

function optionOf(variable: string, { options }: KnownNames): AnyOption | undefined {
  return Object.values(options).find(({ flag }) => variableOf(flag) === variable);
}

function unknownVariable(name: string, place: string, { options }: KnownNames): string {
  const names = Object.values(options).map(({ flag }) => variableOf(flag));
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? "see --help for all variables" : `did you mean ${nearest}?`;
  return `${name} (${place}): unknown variable; ${hint}`;
}
