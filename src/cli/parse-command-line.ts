import { quoted } from "../base/quoted.ts";
import type { Environment } from "../options/environment.ts";
import { nearestName } from "../options/nearest-name.ts";
import { type Command, type CommandLine, flagsOf, usageError } from "./command.ts";
import { program } from "./commands.ts";
import { curesOf } from "./cures.ts";
import { helpOf } from "./help.ts";
import { readArguments } from "./read-arguments.ts";
import { version } from "./version.ts";

const { commands, byDefault } = program;

/**
 * Finds out what a command line asks for. The first word that is neither a flag nor a flag's value
 * names the command; each command is read by itself, so that nothing of another one runs along.
 * `--help` and `--version` win wherever they stand before `--`.
 *
 * @param rawArguments the arguments behind the program's name
 * @param colours whether the help may be coloured: when it goes to a terminal
 */
export async function parseCommandLine(
  rawArguments: readonly string[],
  environment: Environment,
  colours: boolean,
): Promise<CommandLine> {
  if (rawArguments[0] === "help") {
    return await parseCommandLine([...rawArguments.slice(1), "--help"], environment, colours);
  }
  const at = placeOfCommand(rawArguments);
  const named = at === undefined ? undefined : rawArguments[at];
  const command = named === undefined ? byDefault : known.find(({ name }) => name === named);
  const asked = ownArguments(rawArguments);
  if (asked.has("--help") || asked.has("-h"))
    return await help(named === undefined ? undefined : command, colours);
  if (asked.has("--version")) return { kind: "text", text: `election ${version}\n` };
  if (command === undefined) return usageError([unknownCommand(named ?? "")]);

  const own = rawArguments.filter((_, index) => index !== at);
  const flags = { ...command.ignored, ...flagsOf(command) };
  const cures = curesOf(command, commands, rawArguments);
  const reading = readArguments(own, flags, command.operands?.most, cures);
  if (reading.kind === "refused") return usageError(reading.problems);
  return command.interpret(reading.given, environment, program);
}

const known = [...commands, ...program.hidden];
/** The flags that have a value, which may be the next word, whichever command they belong to. */
const flagsWithValue: ReadonlySet<string> = new Set(
  known.flatMap(({ flags }) =>
    Object.entries(flags).flatMap(([name, { type }]) => (type === "string" ? [`--${name}`] : [])),
  ),
);

/**
 * Where the word stands that names the command. Behind flags it must name one: another word there
 * is one too many, and the default command says so.
 */
function placeOfCommand(rawArguments: readonly string[]): number | undefined {
  for (let index = 0; index < rawArguments.length; index += 1) {
    const argument = rawArguments[index] ?? "";
    if (argument === "" || argument === "--") return undefined;
    if (flagsWithValue.has(argument)) index += 1;
    else if (!argument.startsWith("-")) {
      return index === 0 || known.some(({ name }) => name === argument) ? index : undefined;
    }
  }
  return undefined;
}

/** What stands before `--`: the rest belongs to somebody else. */
function ownArguments(rawArguments: readonly string[]): ReadonlySet<string> {
  const separator = rawArguments.indexOf("--");
  return new Set(separator < 0 ? rawArguments : rawArguments.slice(0, separator));
}

async function help(command: Command | undefined, colours: boolean): Promise<CommandLine> {
  const shown = command ?? {
    ...byDefault,
    description: "Leader election as a daemon: several replicas, one leader.",
  };
  const text = await helpOf(
    { ...shown, flags: flagsOf(shown) },
    command === undefined ? commands : [],
    colours,
  );
  return { kind: "text", text };
}

function unknownCommand(word: string): string {
  const nearest = nearestName(
    word,
    commands.map(({ name }) => name),
  );
  const hint = nearest === undefined ? "see --help for all commands" : `did you mean ${nearest}?`;
  return `unknown command ${quoted(word)}; ${hint}`;
}
