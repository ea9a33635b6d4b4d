import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root, sources, sourcesOf } from "./sources.ts";

const mostLines = 400;
const mostColumns = 100;
const mostFilesInFolder = 15;
const mostFunctionLines = 60;

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
      // Scripts that are played, with what they print, are fixtures.
      const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(".txt"));
      return { folder, files: files.length };
    })
    .filter(({ files }) => files > mostFilesInFolder);
  expect(crowded).toEqual([]);
});

test("tidy: nothing is exported by default, unchecked, or named after nothing", () => {
  const banned = /export default|: any\b|\bas any\b|@ts-(ignore|expect-error)|^(export )?enum /m;
  const vague = /(^|\/)(utils?|helpers?|[a-z-]*manager|index)\.ts$/;
  const found = sources
    .filter(({ path, text }) => banned.test(text) || vague.test(path))
    .map(({ path }) => path);
  expect(found).toEqual([]);
});

/** A line that opens the body of a function, and not of a branch, a loop, a class or a literal. */
const opening = /(?:\)|\)(?:: .+)|=>) \{$/;
const branching = /^\s*(?:\} )?(?:if|else|for|while|switch|try|catch|do)\b/;

function indentOf(line = ""): number {
  return line.length - line.trimStart().length;
}

/** The functions of a formatted file that are too long: what closes one stands below its start. */
function longFunctions(path: string, text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, end) => {
    if (!opening.test(line) || branching.test(line)) return [];
    const indent = indentOf(line);
    let start = end;
    // A head of several lines begins at the line that its last one closes.
    while (/^\s*[)\]}]/.test(lines[start] ?? "") && start > 0) {
      start -= 1;
      while (start > 0 && indentOf(lines[start]) > indent) start -= 1;
    }
    if (branching.test(lines[start] ?? "")) return [];
    const closing = lines.findIndex(
      (other, index) =>
        index > end && indentOf(other) === indent && other.trimStart().startsWith("}"),
    );
    const length = closing - start + 1;
    if (length <= mostFunctionLines) return [];
    return [`${path}:${start + 1}: ${length} lines: ${lines[start]?.trim()}`];
  });
}

test("tidy: functions have at most 60 lines", () => {
  const planted = ["function long(", "): void {", ...Array<string>(58).fill("  work();"), "}"];
  expect(longFunctions("planted", planted.join("\n"))).toHaveLength(1);
  expect(longFunctions("planted", planted.toSpliced(2, 1).join("\n"))).toEqual([]);
  expect(sources.flatMap(({ path, text }) => longFunctions(path, text))).toEqual([]);
});

/** What a file exports, by name. */
function exportsOf(text: string): readonly string[] {
  const found = text.matchAll(
    /^export (?:declare |abstract |async )*(?:const|let|function\*?|class|type|interface) (\w+)/gm,
  );
  return [...new Set([...found].map(([, name = ""]) => name))];
}

test("tidy: what is exported is used by another file", async () => {
  const others = await Promise.all(["test", "bench", "deploy"].map(sourcesOf));
  const used = new Set(
    [...sources, ...others.flat()].flatMap(({ imports }) =>
      imports.flatMap(({ path, names }) => names.map((name) => `${path}: ${name}`)),
    ),
  );
  const all = sources.flatMap(({ path, text }) =>
    exportsOf(text).map((name) => `${path}: ${name}`),
  );
  expect(all.length).toBeGreaterThan(500);
  expect(all.filter((name) => !used.has(name))).toEqual([]);
});

/** The doors are told apart by their paths: each exports the same names. */
const door = /^src\/coordination\/\w+\/(coordination|options)\.ts$/;

test("tidy: a name is exported by one file", () => {
  const places = Map.groupBy(
    sources.flatMap(({ path, text }) => exportsOf(text).map((name) => ({ name, path }))),
    ({ name }) => name,
  );
  const twice = [...places]
    .filter(([, found]) => found.filter(({ path }) => !door.test(path)).length > 1)
    .map(([name, found]) => `${name}: ${found.map(({ path }) => path).join(", ")}`);
  expect(twice).toEqual([]);
});
