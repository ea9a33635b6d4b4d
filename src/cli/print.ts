import type { Variables } from "../options/environment.ts";

/** Writes what was asked for to stdout. */
export async function print(text: string): Promise<void> {
  await write(Bun.stdout, text);
}

/** Writes what went wrong, or was done, to stderr. */
export async function complain(text: string): Promise<void> {
  await write(Bun.stderr, text);
}

/** An empty text is not written at all: for one, Bun 1.4.5 empties the file that we append to. */
async function write(output: typeof Bun.stdout, text: string): Promise<void> {
  if (text === "") return;
  try {
    await Bun.write(output, text);
  } catch (error) {
    // The reader has read enough, as `head` does: that changes nothing of the exit code.
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
  }
}

/** Whether colours are wanted where a terminal shows them. Source: no-color.org */
export function wantsColours(variables: Variables): boolean {
  return (variables["NO_COLOR"] ?? "") === "";
}
