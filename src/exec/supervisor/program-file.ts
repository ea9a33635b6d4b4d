import { closeSync, constants as files, openSync, readSync } from "node:fs";
import { constants } from "node:os";

/** As much of a file as the kernel looks at. Source: BINPRM_BUF_SIZE of linux/binfmts.h */
const headLength = 256;
const elf = "\x7fELF";

/** The file that a word names, as execvpe(3) finds it. */
interface ProgramFile {
  readonly path: string;
  /** Its first bytes, a character each; undefined where we may not read it. */
  readonly head: string | undefined;
}

/** Undefined where there is none: execvpe(3) then says why. */
export function programFile(word: string): ProgramFile | undefined {
  const path = word.includes("/") ? word : Bun.which(word);
  return path === null ? undefined : { path, head: headOf(path) };
}

/**
 * Whether it is for a shell if the kernel does not take it: a text that names no interpreter. A
 * binary of another machine and an empty file are not. Source: sh(1p), "Command Search"
 */
export function isForShell({ head }: ProgramFile): boolean {
  if (head === undefined || head === "" || head.startsWith("#!") || head.startsWith(elf)) {
    return false;
  }
  const [line = ""] = head.split("\n");
  return !line.includes("\0");
}

/** Why a program could not be executed, for people. */
export function executionProblem(word: string, errno: number): string {
  const name = errorName(errno);
  const head = programFile(word)?.head;
  if (head === undefined) return name;
  if (name === "ENOENT") {
    const interpreter = /^#![ \t]*([^ \t\n\0]+)/.exec(head)?.[1];
    if (interpreter !== undefined) return `its interpreter ${interpreter} is not there (${name})`;
    if (head.startsWith(elf)) return `the loader that it asks for is not there (${name})`;
  }
  if (name === "ENOEXEC") {
    return head === "" ? `it is empty (${name})` : `it is no program for this machine (${name})`;
  }
  return name;
}

function headOf(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    // Another kind of file is not waited for.
    descriptor = openSync(path, files.O_RDONLY | files.O_NONBLOCK);
    const bytes = Buffer.alloc(headLength);
    return bytes.toString("latin1", 0, readSync(descriptor, bytes));
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function errorName(errno: number): string {
  const found = Object.entries(constants.errno).find(([, number]) => number === errno);
  return found?.[0] ?? `error ${errno}`;
}
