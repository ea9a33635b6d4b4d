import { expect, test } from "bun:test";
import type { ArgsDef } from "citty";
import { readArguments } from "../../src/cli/read-arguments.ts";

const flags: ArgsDef = {
  "http-address": { type: "string" },
  json: { type: "boolean", alias: "j" },
};

test("arguments: values, switches and the rest are told apart", () => {
  const reading = readArguments(["--json", "--http-address", ":1", "--", "ls", "--json"], flags);
  expect(reading).toEqual({
    kind: "read",
    given: {
      values: new Map([["http-address", ":1"]]),
      switches: new Set(["json"]),
      operands: [],
      rest: ["ls", "--json"],
    },
  });
});

test("arguments: an alias of one letter counts as its flag, once", () => {
  const reading = readArguments(["-j"], flags);
  expect(reading.kind === "read" && reading.given.switches.has("json")).toBe(true);
  expect(readArguments(["-j", "--json"], flags)).toEqual({
    kind: "refused",
    problems: ["--json: expected it once, but it is given twice"],
  });
});

test("arguments: a switch takes no value and has no opposite", () => {
  expect(readArguments(["--json=false", "--no-json"], flags)).toEqual({
    kind: "refused",
    problems: [
      '--json "false": it takes no value',
      'unknown flag "--no-json"; did you mean --json?',
    ],
  });
});

test("arguments: of very many wrong ones the first are told, at once", () => {
  const startedAt = performance.now();
  const reading = readArguments(
    Array.from({ length: 50_000 }, (_, index) => `--http-addresses-${index}`),
    flags,
  );
  expect(reading.kind === "refused" && reading.problems.length).toBe(21);
  expect(performance.now() - startedAt).toBeLessThan(1000);
});

test("arguments: words that belong to no flag are operands, as many as the command takes", () => {
  const words = ["a", "--json", "b", "--http-address", "c"];
  expect(readArguments(words, flags, 2)).toMatchObject({
    given: { operands: ["a", "b"], values: new Map([["http-address", "c"]]) },
  });
  expect(readArguments(words, flags, 1)).toEqual({
    kind: "refused",
    problems: ['unexpected argument "b": expected a flag; see --help'],
  });
  for (const word of ["", "-"]) expect(readArguments([word], flags, 2).kind).toBe("refused");
});
