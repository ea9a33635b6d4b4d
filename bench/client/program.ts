import { createInterface } from "node:readline";
import type { MeasuredClient } from "./measures.ts";
import { measures, Unfinished } from "./measures.ts";
import type { Command, Line } from "./protocol.ts";

/** The main of a contender in JavaScript: reads its one command, measures, answers, and ends. */
export async function answerOneCommand(
  connect: (server: string) => Promise<MeasuredClient>,
): Promise<never> {
  const line = await new Promise<string>((resolve) => {
    createInterface({ input: process.stdin }).once("line", resolve);
  });
  process.exit(await answer(JSON.parse(line) as Command, connect));
}

async function answer(
  command: Command,
  connect: (server: string) => Promise<MeasuredClient>,
): Promise<number> {
  try {
    const client = await connect(process.argv[2] ?? "");
    const samples = await measures[command.measure](client, command, (ask) => {
      void say({ ask });
    });
    await say({ samples, failed: null });
    return 0;
  } catch (error) {
    const samples = error instanceof Unfinished ? error.samples : {};
    await say({ samples, failed: error instanceof Error ? error.message : String(error) });
    return 1;
  }
}

function say(line: Line): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve());
  });
}
