import { fstatSync, readFileSync, statSync, type Stats } from "node:fs";
import { hostname } from "node:os";

/** The variables of a process's environment. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** All that configuration depends on besides the command line, so that loading it is pure. */
export interface Environment {
  readonly variables: Variables;
  readonly readFile: (path: string) => FileReading;
  readonly hostName: string;
  /** Random bytes, fresh at each process start: what makes the default replica id unique. */
  readonly nonce: Uint8Array;
  /** Whether the log goes to a terminal. */
  readonly terminal: boolean;
}

export interface ReadText {
  readonly kind: "read";
  readonly text: string;
  /** Who besides its owner may read it: for files that hold a secret. */
  readonly exposedTo?: "its group" | "everybody";
}

export type FileReading =
  | ReadText
  | { readonly kind: "absent" }
  /** `detail` is a clause behind "but". */
  | { readonly kind: "failed"; readonly detail: string };

const readableByOthers = 0o004;
const readableByGroup = 0o040;
const root = 0;

/** Where the log goes: stderr. */
export const logDescriptor = 2;

/** The environment of this very process. */
export function processEnvironment(): Environment {
  return {
    variables: process.env,
    readFile: readSmallFile,
    hostName: hostname(),
    nonce: crypto.getRandomValues(new Uint8Array(6)),
    terminal: isTerminal(logDescriptor),
  };
}

/** Whether a person sees what is written to the descriptor. */
export function isTerminal(descriptor: number): boolean {
  if (!isCharacterDevice(descriptor)) return false;
  // Loaded here, because the log of a service goes to a pipe, a file or a socket.
  const { isatty } = require("node:tty") as typeof import("node:tty");
  return isatty(descriptor);
}

function isCharacterDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    // It was closed before we began.
    return false;
  }
}

/** More than a file of some settings can need; what is larger was named by mistake. */
const largestFileBytes = 1024 * 1024;

/** Reads a regular file of at most 1 MiB. */
export function readSmallFile(path: string): FileReading {
  try {
    const status = statSync(path);
    if (status.isDirectory()) return { kind: "failed", detail: "it is a directory" };
    if (!status.isFile()) return { kind: "failed", detail: "it is not a regular file" };
    if (status.size > largestFileBytes) return { kind: "failed", detail: "it exceeds 1 MiB" };
    return { kind: "read", text: readFileSync(path, "utf8"), ...exposure(status) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "absent" };
    const denied = code === "EACCES" ? "this user may not read it" : `it is unreadable (${code})`;
    return { kind: "failed", detail: denied };
  }
}

/** A file of root's that a group may read is shared on purpose. Source: libpq, private key file. */
function exposure(status: Stats): Pick<ReadText, "exposedTo"> {
  if ((status.mode & readableByOthers) !== 0) return { exposedTo: "everybody" };
  const shared = (status.mode & readableByGroup) !== 0 && status.uid !== root;
  return shared ? { exposedTo: "its group" } : {};
}
