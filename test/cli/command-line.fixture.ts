import { parseCommandLine } from "../../src/cli/parse-command-line.ts";
import { environmentOf, type Given } from "../options/environment.fixture.ts";

/** What a command line comes to: a task's question, or a text, or a message. */
export interface Understood {
  readonly kind: string;
  readonly [field: string]: unknown;
}

export async function understood(words: readonly string[], given: Given = {}): Promise<Understood> {
  const parsed = await parseCommandLine(words, environmentOf(given), false);
  return parsed.kind === "task" ? { ...parsed.question } : { ...parsed };
}

/** The message of a usage error; the kind of anything else that a command line comes to. */
export async function refusalOf(words: readonly string[], given: Given = {}): Promise<string> {
  const { kind, message } = await understood(words, given);
  return typeof message === "string" ? message : kind;
}
