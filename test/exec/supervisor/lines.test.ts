import { expect, test } from "bun:test";
import { Lines } from "../../../src/exec/supervisor/lines.ts";

function read(longest: number, ...pieces: readonly string[]): readonly string[] {
  const told: string[] = [];
  const lines = new Lines(longest, (line) => told.push(line));
  for (const piece of pieces) lines.push(Buffer.from(piece, "latin1"));
  lines.end();
  return told;
}

test.each([
  [["a\nb\n"], ["a", "b"]],
  [["a\n\nb"], ["a", "", "b"]],
  [
    ["ab", "c\nd", "\n"],
    ["abc", "d"],
  ],
  [[""], []],
  [["123456789\n12"], ["12345678", "9", "12"]],
  [
    ["1234", "5678", "9012", "3456"],
    ["12345678", "90123456"],
  ],
  [["12345678\n"], ["12345678"]],
])("lines: of at most eight characters, %j is %j", (pieces, expected) => {
  expect(read(8, ...pieces)).toEqual(expected);
});

test("lines: a character that is cut between two pieces is one character", () => {
  expect(read(8, "\xc3", "\xa4\n")).toEqual(["ä"]);
});
