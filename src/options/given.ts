import { parseEnvFile } from "./env-file.ts";
import { nearestName } from "./nearest-name.ts";
import { type AnyOption, isOurVariable, variableOf } from "./option.ts";
import { options } from "../daemon/options.ts";
import { quoted } from "../base/quoted.ts";
import type { Surroundings } from "./environment.ts";

/** The text that an option was given, and by what. */
export interface Given {
  readonly text: string;
  readonly source: Source;
}

/** Where a value comes from. An earlier kind goes before a later one. */
export type Source =
  | { readonly kind: "flag" }
  | { readonly kind: "environment" }
  | { readonly kind: "env-file"; readonly path: string; readonly line: number }
  | { readonly kind: "default" };

/** What was given, by flag name, and the problems met on the way: one line each. */
export interface Givens {
  readonly values: ReadonlyMap<string, Given>;
  readonly problems: readonly string[];
}

const known: readonly AnyOption[] = Object.values(options);
const defaultEnvFile = ".env";
/**
 * After so many problems the rest of the environment, or of the env file, is not looked at: each
 * unknown name is compared with all known ones, and nobody reads ten thousand lines.
 */
const mostProblems = 20;

/** Takes what the command line, the environment and the env file say: in this order. */
export function gather(flags: ReadonlyMap<string, string>, surroundings: Surroundings): Givens {
  const values = new Map<string, Given>();
  for (const [flag, text] of flags) values.set(flag, { text, source: { kind: "flag" } });
  const environment = fromEnvironment(surroundings.environment);
  addMissing(values, environment.values);

  const envFile = values.get(options.envFile.flag) ?? defaultEnvFileOf(surroundings);
  if (envFile === undefined) return { values, problems: environment.problems };
  values.set(options.envFile.flag, envFile);
  const file = fromEnvFile(envFile, surroundings);
  addMissing(values, file.values);
  return { values, problems: [...environment.problems, ...file.problems] };
}

/** An option as its author wrote it, and where: what an error points at. */
export function spelling(option: AnyOption, source: Source): string {
  if (source.kind === "environment") return variableOf(option.flag);
  if (source.kind === "env-file") return `${variableOf(option.flag)} (${placeOf(source)})`;
  return `--${option.flag}`;
}

/** The env file's line of a value that comes from there. */
export function placeOf(source: { readonly path: string; readonly line: number }): string {
  return `${source.path} line ${source.line}`;
}

function addMissing(values: Map<string, Given>, more: ReadonlyMap<string, Given>): void {
  for (const [flag, given] of more) if (!values.has(flag)) values.set(flag, given);
}

function fromEnvironment(environment: Surroundings["environment"]): Givens {
  const values = new Map<string, Given>();
  const problems: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined || !isOurVariable(name)) continue;
    if (problems.length === mostProblems) {
      problems.push("the environment: the rest is not looked at");
      break;
    }
    const option = optionOf(name);
    if (option !== undefined) {
      values.set(option.flag, { text, source: { kind: "environment" } });
    } else if (!isServiceLink(name) && !commandVariables.has(name)) {
      problems.push(unknownVariable(name, "the environment"));
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

/** What a command under leadership finds in its environment: it may well run `election` again. */
const commandVariables: ReadonlySet<string> = new Set([
  "ELECTION_EPOCH",
  "ELECTION_REPLICA_ID",
  "ELECTION_LEASE_UNTIL",
  "ELECTION_REASON",
]);

/** The default env file may be absent; one that was named may not. */
function defaultEnvFileOf(surroundings: Surroundings): Given | undefined {
  if (surroundings.readFile(defaultEnvFile).kind === "absent") return undefined;
  return { text: defaultEnvFile, source: { kind: "default" } };
}

function fromEnvFile(envFile: Given, surroundings: Surroundings): Givens {
  const path = envFile.text;
  const values = new Map<string, Given>();
  const refuse = (problem: string): Givens => ({ values, problems: [problem] });
  // The option's own check refuses the empty path.
  if (path === "") return { values, problems: [] };
  const reading = surroundings.readFile(path);
  if (reading.kind !== "read") {
    const why = reading.kind === "absent" ? "it does not exist" : reading.detail;
    const named = spelling(options.envFile, envFile.source);
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
    const option = optionOf(name);
    if (option === undefined) {
      problems.push(unknownVariable(name, placeOf(source)));
    } else if (option.flag === options.envFile.flag) {
      problems.push(`${spelling(option, source)}: an env file cannot name another one`);
    } else if (values.has(option.flag)) {
      problems.push(`${spelling(option, source)}: expected it once, but it is given above`);
    } else {
      values.set(option.flag, { text: value, source });
    }
  }
  return { values, problems };
}

function optionOf(variable: string): AnyOption | undefined {
  return known.find((option) => variableOf(option.flag) === variable);
}

function unknownVariable(name: string, place: string): string {
  const nearest = nearestName(
    name,
    known.map((option) => variableOf(option.flag)),
  );
  const hint = nearest === undefined ? "see --help for all variables" : `did you mean ${nearest}?`;
  return `${name} (${place}): unknown variable; ${hint}`;
}
