import { expect, test } from "bun:test";
import { parseCommandWords } from "../../src/exec/command-words.ts";

test.each([
  ["/bin/notify", ["/bin/notify"]],
  ["  notify  a   b ", ["notify", "a", "b"]],
  [`notify 'a b' "c d" e\\ f`, ["notify", "a b", "c d", "e f"]],
  [`notify a'b'"c"d`, ["notify", "abcd"]],
  [`notify '' ""`, ["notify", "", ""]],
  [`notify "a \\"b\\" \\\\" '\\'`, ["notify", 'a "b" \\', "\\"]],
  ["notify $HOME *", ["notify", "$HOME", "*"]],
])("command words: %j is %j", (text, words) => {
  expect(parseCommandWords(text)).toEqual({ kind: "valid", value: words });
});

test.each(["", "   ", "'", 'notify "a', "notify 'a", "notify a\\", "''", "a\0b"])(
  "command words: %j is refused",
  (text) => expect(parseCommandWords(text).kind).toBe("invalid"),
);
