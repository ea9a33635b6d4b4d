/** The variables of an env file, in its order, or the first line that is none. */
type EnvFile =
  | { readonly kind: "parsed"; readonly variables: readonly Variable[] }
  | { readonly kind: "invalid"; readonly line: number; readonly expected: string };

interface Variable {
  readonly name: string;
  readonly value: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
}

/** A name, with what may stand before it and the equals sign behind it. */
const assignment = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*/;
/** What ends a value without quotes, where the end of its line does not. */
const commentBehindSpace = /[ \t]#/;
const blank = /[ \t]*(?:#[^\n]*)?(?=\n|$)/;

/**
 * Reads `KEY=VALUE` lines. `export ` may stand before the name; empty lines and those beginning
 * with "#" are comments; lines end in LF or CRLF. In single quotes everything is literal. In double
 * quotes \n, \r, \t, \\, \" and \$ are escapes. Quoted values may span lines. Nothing is expanded.
 */
export function parseEnvFile(contents: string): EnvFile {
  const text = contents.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  const variables: Variable[] = [];
  let line = 1;
  for (let at = 0; at < text.length;) {
    const entry = readEntry(text, at, line);
    if (entry.kind === "invalid") return { kind: "invalid", line, expected: entry.expected };
    if (entry.variable !== undefined) variables.push(entry.variable);
    line += text.slice(at, entry.end + 1).split("\n").length - 1;
    at = entry.end + 1;
  }
  return { kind: "parsed", variables };
}

type Entry =
  | { readonly kind: "read"; readonly variable: Variable | undefined; readonly end: number }
  | { readonly kind: "invalid"; readonly expected: string };

/** Reads the entry that begins at `start`. `end` is the index of its line feed, or of the end. */
function readEntry(text: string, start: number, line: number): Entry {
  const comment = match(blank, text, start);
  if (comment !== undefined) {
    return { kind: "read", variable: undefined, end: start + comment[0].length };
  }
  const head = match(assignment, text, start);
  if (head === undefined) return { kind: "invalid", expected: "KEY=VALUE, a comment or nothing" };
  const valueAt = start + head[0].length;
  const value = readValue(text, valueAt);
  if (value.kind === "invalid") return value;
  const variable = { name: head[1] ?? "", value: value.value, line };
  return { kind: "read", variable, end: value.end };
}

type Value =
  | { readonly kind: "read"; readonly value: string; readonly end: number }
  | { readonly kind: "invalid"; readonly expected: string };

function readValue(text: string, start: number): Value {
  const quote = text[start];
  if (quote !== '"' && quote !== "'") {
    return readBareValue(text, start);
  }
  const end = quote === '"' ? endOfEscaped(text, start + 1) : text.indexOf(quote, start + 1);
  if (end === -1) return { kind: "invalid", expected: `a closing ${quote}` };
  const behind = end + 1;
  const rest = match(blank, text, behind);
  if (rest === undefined) {
    return { kind: "invalid", expected: `nothing but a comment after the closing ${quote}` };
  }
  const value = text.slice(start + 1, end);
  return {
    kind: "read",
    value: quote === '"' ? unescape(value) : value,
    end: behind + rest[0].length,
  };
}

/**
 * Where the double quote is that no backslash stands before; -1 when there is none. No pattern
 * looks for it: over a long value that takes seconds.
 */
function endOfEscaped(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '"') return at;
    if (text[at] === "\\") at += 1;
  }
  return -1;
}

/**
 * A value without quotes goes to the end of the line, or to a "#" behind white space. No pattern
 * reads it in one go: over a long run of spaces that takes quadratic time.
 */
function readBareValue(text: string, start: number): Value {
  const feed = text.indexOf("\n", start);
  const end = feed === -1 ? text.length : feed;
  const line = text.slice(start, end);
  const comment = line.search(commentBehindSpace);
  let length = comment === -1 ? line.length : comment;
  while (length > 0 && (line[length - 1] === " " || line[length - 1] === "\t")) length -= 1;
  return { kind: "read", value: line.slice(0, length), end };
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** An escape that is none stays as it was written, backslash included. */
function unescape(value: string): string {
  return value.replaceAll(/\\([nrt\\"$])/g, (_, letter: string) => escapes[letter] ?? letter);
}

/** Matches a pattern at an index exactly. */
function match(pattern: RegExp, text: string, index: number): RegExpExecArray | undefined {
  const sticky = new RegExp(pattern, "y");
  sticky.lastIndex = index;
  return sticky.exec(text) ?? undefined;
}
