import { expect, test } from "bun:test";
import { Glob } from "bun";
import { dirname, join, normalize } from "node:path";

interface Source {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  /** The paths of the project's files that it imports. */
  readonly imports: readonly string[];
}

const root = join(import.meta.dir, "..");
const sources: readonly Source[] = await Promise.all(
  [...new Glob("src/**/*.ts").scanSync({ cwd: root })].map(async (path) => {
    const text = await Bun.file(join(root, path)).text();
    const imports = [...text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)].map((match) =>
      normalize(join(dirname(path), match[1] ?? "")),
    );
    return { path, room: roomOf(path), text, imports };
  }),
);

/** The folder below src; the composition root and main are rooms of their own. */
function roomOf(path: string): string {
  const folders = path.split("/").slice(1, -1);
  return folders[0] ?? path;
}

const seeAll = [
  "cli",
  "src/crash-release.ts",
  "src/daemon.ts",
  "src/leader-commands.ts",
  "src/main.ts",
  "src/operator.ts",
  "src/replica.ts",
  "src/server-access.ts",
  "src/service.ts",
];
/** What a room may import besides itself and the rules; nothing, for every adapter. */
const alsoAllowed: Readonly<Record<string, readonly string[]>> = {};

test("architecture: the rules import nothing outside themselves", () => {
  const outside = sources
    .filter(({ room }) => room === "election")
    .flatMap(({ path, text }) =>
      [...text.matchAll(/from "([^"]+)"/g)]
        .filter((match) => !/^\.\/[a-z-]+\.ts$/.test(match[1] ?? ""))
        .map((match) => `${path} imports ${match[1]}`),
    );
  expect(outside).toEqual([]);
});

test("architecture: an adapter imports the rules and itself, never another adapter", () => {
  const crossing = sources
    .filter(({ room }) => !seeAll.includes(room))
    .flatMap(({ path, room, imports }) =>
      imports
        .filter((imported) => imported.startsWith("src/"))
        .filter((imported) => !allows(room, imported))
        .map((imported) => `${path} imports ${imported}`),
    );
  expect(crossing).toEqual([]);
});

function allows(room: string, imported: string): boolean {
  const target = imported.split("/")[1] ?? "";
  return target === room || target === "election" || (alsoAllowed[room] ?? []).includes(target);
}

test.each([
  {
    what: "a clock, a timer or chance",
    pattern:
      /\b(Date\.now|new Date\(|performance\.now|setTimeout|setInterval|Math\.random|Bun\.sleep)/,
    only: "system",
  },
  { what: "process.env", pattern: /process\.env/, only: "config" },
  { what: "the name of the coordinator", pattern: /zookeeper\//i, only: "zookeeper" },
])("architecture: $what stays in src/$only", ({ pattern, only }) => {
  const free = only === "zookeeper" ? seeAll : [];
  const found = sources
    .filter(({ room }) => room !== only && !free.includes(room))
    .filter(({ text }) => pattern.test(text))
    .map(({ path }) => path);
  expect(found).toEqual([]);
});

test("architecture: files have at most 400 lines of at most 100 characters", () => {
  const tooLarge = sources.flatMap(({ path, text }) => {
    const lines = text.split("\n");
    const long = lines.findIndex((line) => line.length > 100);
    return [
      ...(lines.length > 401 ? [`${path}: ${lines.length} lines`] : []),
      ...(long === -1 ? [] : [`${path}:${long + 1}: ${lines[long]?.length} characters`]),
    ];
  });
  expect(tooLarge).toEqual([]);
});

test("architecture: nothing is exported by default, unchecked, or named after nothing", () => {
  const banned = /export default|: any\b|as any\b|@ts-(ignore|expect-error)|^(export )?enum /m;
  const vague = /(^|\/)(utils?|helpers?|[a-z-]*manager|index)\.ts$/;
  const found = sources
    .filter(({ path, text }) => banned.test(text) || vague.test(path))
    .map(({ path }) => path);
  expect(found).toEqual([]);
});
