import type { Arguments } from "./arguments.ts";
import { commandNamed, commandNames } from "./commands.ts";
import { World } from "./world.ts";

/** A line that cannot be played, and what would be right. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
}

/** One line of a script with what happened; without a fact for a comment or an empty line. */
export interface Scene {
  readonly line: string;
  readonly facts: readonly string[];
}

/** A line of an earlier output in a film: it is no part of the script. */
const outputMark = "|";

/** Plays a script. Nothing of it is played when a line is malformed. */
export function* play(script: string): Generator<Scene> {
  const lines = script.replace(/\n$/, "").split("\n");
  const parts = lines.map((line, at) => ({ line, at, ...parseLine(line, at) }));
  let facts: string[] = [];
  const world = new World((fact) => facts.push(fact));
  for (const { line, at, action } of parts) {
    if (line.trimStart().startsWith(outputMark)) continue;
    facts = [];
    try {
      action?.(world);
    } catch (error) {
      throw refusal(at, line, error);
    }
    yield { line, facts };
  }
}

/** The script together with what happened: what the golden files are. */
export function film(script: string): string {
  const scenes = [...play(script)].flatMap(({ line, facts }) => [
    line,
    ...facts.map((fact) => `${outputMark} ${fact}`),
  ]);
  return `${scenes.join("\n")}\n`;
}

function parseLine(line: string, at: number): { readonly action?: (world: World) => void } {
  const text = line
    .trim()
    .replace(/\s#\s.*$/, "")
    .trim();
  if (text === "" || text.startsWith("#") || text.startsWith(outputMark)) return {};
  const [name = "", ...rest] = wordsOf(text);
  const command = commandNamed(name);
  if (command === undefined) {
    const known = commandNames.join(", ");
    throw refusal(at, line, new Error(`no command is called "${name}"; there are: ${known}`));
  }
  try {
    return { action: command.read(argumentsOf(rest)) };
  } catch (error) {
    throw refusal(at, line, error, command.usage);
  }
}

function refusal(at: number, line: string, error: unknown, usage?: string): ScriptError {
  if (error instanceof Error && error.name !== "Error") throw error;
  const why = error instanceof Error ? error.message : String(error);
  const right = usage === undefined ? "" : `; right is: ${usage}`;
  return new ScriptError(`line ${at + 1}: ${line.trim()}: ${why}${right}`);
}

/** Words are parted by blanks; "a word of several" is one. */
function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(([word, quoted]) =>
    quoted === undefined ? word : quoted.replaceAll(/\\(.)/g, "$1"),
  );
}

function argumentsOf(words: readonly string[]): Arguments {
  const named = new Map<string, string>();
  const plain: string[] = [];
  for (const word of words) {
    const [, name, value] = /^([a-z][a-z-]*)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined) plain.push(word);
    else named.set(name, value);
  }
  return { plain, named, words };
}
