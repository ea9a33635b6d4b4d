import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root, sources } from "./sources.ts";

const mostLines = 400;
const mostColumns = 100;
const mostFilesInFolder = 15;

test("tidy: files have at most 400 lines of at most 100 characters", () => {
  const tooLarge = sources.flatMap(({ path, text }) => {
    const lines = text.split("\n");
    const long = lines.findIndex((line) => line.length > mostColumns);
    return [
      ...(lines.length > mostLines + 1 ? [`${path}: ${lines.length} lines`] : []),
      ...(long === -1 ? [] : [`${path}:${long + 1}: ${lines[long]?.length} characters`]),
    ];
  });
  expect(tooLarge).toEqual([]);
});

test("tidy: a folder holds at most 15 files", () => {
  const folders = ["src", "test"].flatMap((top) => [
    top,
    ...readdirSync(join(root, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== "__snapshots__")
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  ]);
  const crowded = folders
    .map((folder) => {
      const entries = readdirSync(join(root, folder), { withFileTypes: true });
      return { folder, files: entries.filter((entry) => entry.isFile()).length };
    })
    .filter(({ files }) => files > mostFilesInFolder);
  expect(crowded).toEqual([]);
});

test("tidy: nothing is exported by default, unchecked, or named after nothing", () => {
  const banned = /export default|: any\b|as any\b|@ts-(ignore|expect-error)|^(export )?enum /m;
  const vague = /(^|\/)(utils?|helpers?|[a-z-]*manager|index)\.ts$/;
  const found = sources
    .filter(({ path, text }) => banned.test(text) || vague.test(path))
    .map(({ path }) => path);
  expect(found).toEqual([]);
});
