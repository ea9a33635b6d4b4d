import { expect, test } from "bun:test";
import { parseEnvFile } from "../../src/options/env-file.ts";

function pairs(text: string): readonly string[] {
  const parsed = parseEnvFile(text);
  if (parsed.kind === "invalid") return [`line ${parsed.line}: ${parsed.expected}`];
  return parsed.variables.map(({ name, value, line }) => `${line} ${name}=${value}`);
}

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ["nothing", "", []],
  ["comments and empty lines", "\n# a=b\n  \t\n  # c\n", []],
  ["plain lines", "A=1\nB=two words\nC=", ["1 A=1", "2 B=two words", "3 C="]],
  ["export", "export A=1\n  export\tB=2", ["1 A=1", "2 B=2"]],
  ["a name that begins with export", "exported=1", ["1 exported=1"]],
  ["white space around", "  A = 1  \n", ["1 A=1"]],
  ["CRLF", "A=1\r\nB=2\r\n", ["1 A=1", "2 B=2"]],
  ["a byte order mark", "\ufeffA=1", ["1 A=1"]],
  ["a comment behind a value", "A=1 # one\nB=x#y\nC=# all", ["1 A=1", "2 B=x#y", "3 C=# all"]],
  ["equals signs in a value", "A=b=c==", ["1 A=b=c=="]],
  ["single quotes", "A='a # \\n \"b\"' # c", ['1 A=a # \\n "b"']],
  ["double quotes", 'A="a\\n\\t\\"\\\\\\$\\x # b"', ['1 A=a\n\t"\\$\\x # b']],
  ["empty quotes", "A=\"\"\nB=''", ["1 A=", "2 B="]],
  ["quotes over lines", "A='x\ny'\nB=1", ["1 A=x\ny", "3 B=1"]],
  ["no expansion", "A=$HOME${B}", ["1 A=$HOME${B}"]],
  ["no line feed at the end", "A=1\nB=2", ["1 A=1", "2 B=2"]],
  ["a word", "A=1\nword\n", ["line 2: KEY=VALUE, a comment or nothing"]],
  ["a bad name", "1A=1", ["line 1: KEY=VALUE, a comment or nothing"]],
  ["an open double quote", 'A=1\n\nB="x\ny', ['line 3: a closing "']],
  ["an open single quote", "B='x", ["line 1: a closing '"]],
  ["a word behind quotes", "B='x'y", ["line 1: nothing but a comment after the closing '"]],
];

test.each(cases)("env file: reads %s", (_, text, expected) => {
  expect(pairs(text)).toEqual([...expected]);
});

test("env file: a large file takes no more than linear time", () => {
  expect(pairs("A=1\n".repeat(100_000)).length).toBe(100_000);
});

test.each([
  ["spaces within a value", `A=x${" ".repeat(500_000)}y`],
  ["spaces behind a value", `A=x${" ".repeat(500_000)}`],
  ["spaces before an equals sign", `A${" ".repeat(500_000)}=x`],
  ["comments", `A=x${" #".repeat(250_000)}`],
  ["quoted text", `A="${"\\x".repeat(250_000)}"`],
  ["an open quote", `A="${"x".repeat(500_000)}`],
])("env file: %s take no more than linear time", (_, text) => {
  const startedAt = performance.now();
  expect(pairs(text).length).toBe(1);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
