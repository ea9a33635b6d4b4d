import { invalid, type Parsed, valid } from "../../options/parsed.ts";
import type { Environment } from "../../options/environment.ts";
import { readNamedFile, sharing } from "../../options/named-file.ts";

/** A user and password that replicas prove who they are with. Danger: never to be printed. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

const longest = 1024;
const expected = `user:password, both not empty, in one line of at most ${longest} characters`;

/** Reads `user:password`; the password may hold colons. What is wrong is told without the text. */
export function parseLogin(text: string): Parsed<Login> {
  const colon = text.indexOf(":");
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  const hasControls = /[\u0000-\u001f\u007f]/.test(text);
  if (colon < 1 || colon === text.length - 1 || text.length > longest || hasControls) {
    return invalid(expected);
  }
  return valid({ user: text.slice(0, colon), password: text.slice(colon + 1) });
}

/** Reads the file at `path`, which holds a login and nothing else but the end of its line. */
export function parseLoginFile(path: string, { readFile }: Environment): Parsed<Login> {
  const reading = readNamedFile(path, readFile);
  if (reading.kind === "invalid") return invalid(`a file with user:password, but ${reading.why}`);
  const login = parseLogin(reading.text.replace(/\r?\n$/, ""));
  if (login.kind === "invalid") return invalid(`a file with ${login.expected}`);
  return { ...login, ...sharing(reading) };
}
