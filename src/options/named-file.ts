import { parsePath } from "./option.ts";
import type { FileReading, ReadText } from "./environment.ts";

export type ReadFile = (path: string) => FileReading;

/** The text of a file that an option names, or why there is none: a clause behind "but". */
type NamedFile = ReadText | { readonly kind: "invalid"; readonly why: string };

export function readNamedFile(path: string, readFile: ReadFile): NamedFile {
  const checked = parsePath(path);
  if (checked.kind === "invalid") return { kind: "invalid", why: `it is not ${checked.expected}` };
  const reading = readFile(path);
  if (reading.kind === "absent") return { kind: "invalid", why: "it does not exist" };
  if (reading.kind === "failed") return { kind: "invalid", why: reading.detail };
  return reading;
}

/** The warning about a secret that is not one. */
export function sharing(file: ReadText): { warning?: string } {
  if (file.exposedTo === undefined) return {};
  return { warning: `it holds a secret that ${file.exposedTo} may read; chmod 600` };
}
