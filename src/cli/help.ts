import { type ArgsDef, defineCommand, renderUsage } from "citty";
import type { Command } from "./command.ts";

/** In a flag's description: the rest goes to a line of its own, below the description's start. */
export const lineBreak = "\v";

/**
 * The help of one command, as citty renders it. `others` are the commands to name besides, for the
 * program's own help. Escape sequences are in it only when `colours` says so.
 */
export async function helpOf(
  command: Command,
  others: readonly Command[],
  colours: boolean,
): Promise<string> {
  const isProgram = others.length > 0;
  const usage = await renderUsage(
    defineCommand({
      meta: {
        name: isProgram ? "election" : `election ${command.name}`,
        description: command.description,
      },
      args: { ...operandsOf(command), ...command.flags },
    }),
  );
  const commands = others.map(({ name, description }) => `  ${name.padEnd(12)}${description}`);
  const parts = [
    // citty puts the program's name behind the description, where it says nothing.
    breakLines(colours ? usage : Bun.stripANSI(usage)).replace(/ \([^\n()]*\)(?=\S*\n)/u, ""),
    ...(isProgram ? [`COMMANDS\n\n${commands.join("\n")}`] : []),
    ...command.notes,
  ];
  return `${parts.map((part) => part.trimEnd()).join("\n\n")}\n`;
}

function operandsOf({ operands }: Command): ArgsDef {
  if (operands === undefined) return {};
  const { name, description } = operands;
  return { [name]: { type: "positional", required: false, description } };
}

function breakLines(usage: string): string {
  return usage.split("\n").map(breakLine).join("\n");
}

/** Two spaces end the column of the flags: nothing in it has more than one. */
function breakLine(line: string): string {
  const plain = Bun.stripANSI(line);
  const column = /^ *\S+(?: \S+)* {2,}/.exec(plain)?.[0].length ?? 0;
  return line.replaceAll(lineBreak, `\n${" ".repeat(column)}`).trimEnd();
}
