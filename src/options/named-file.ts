import { parsePath } from "./option.ts";
import type { FileReading, ReadText } from "./environment.ts";

/** Reads a file of a bounded size. */
export type ReadFile = (path: string) => FileReading;

/** The text of a file that an option names, or why there is none: a clause behind "but". */
type NamedFile = ReadText | { readonly kind: "invalid"; readonly why: string };

/** Reads the file at a path that an option was given. */
export function readNamedFile(path: string, readFile: ReadFile): NamedFile {
  const checked = parsePath(path);
  if (checked.kind === "invalid") return { kind: "invalid", why: `it is not ${checked.expected}` };
  const reading = readFile(path);
  if (reading.kind === "absent") return { kind: "invalid", why: "it does not exist" };
  if (reading.kind === "failed") return { kind: "invalid", why: reading.detail };
  return reading;
}

/** Warns of a file with a secret that others than its owner may read. */
export function sharing(file: ReadText): { warning?: string } {
  if (file.exposedTo === undefined) return {};
  return { warning: `it holds a secret that ${file.exposedTo} may read; chmod 600` };
}
