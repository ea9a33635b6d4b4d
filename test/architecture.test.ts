import { expect, test } from "bun:test";
import { Glob } from "bun";
import { join } from "node:path";
import { root, sources } from "./sources.ts";

/** A room may use the rooms of lower floors; of its own floor it may use nothing but itself. */
const floors: readonly (readonly string[])[] = [
  ["base", "raft"],
  ["election", "options", "disk", "zookeeper"],
  ["durable-log"],
  ["replication"],
  [
    "coordination/zookeeper",
    "coordination/quorum",
    "kv",
    "peers",
    "files",
    "exec",
    "http",
    "telemetry",
    "system",
  ],
  ["daemon"],
  ["cli"],
  ["main.ts"],
];

/** What a room may not use although it stands on a lower floor. */
const barred: Readonly<Record<string, readonly string[]>> = {
  "coordination/quorum": ["zookeeper"],
  "coordination/zookeeper": ["replication", "durable-log", "raft"],
};

/** Of the two ways to agree on a leader, daemon and commands see these files alone. */
const doors = /^src\/coordination\/\w+\/(coordination|options)\.ts$/;

/** A room's own words, and where they may be said: in prose, in help texts and in names. */
const words: readonly { readonly said: RegExp; readonly rooms: RegExp }[] = [
  {
    said: /zookeeper|\bzk|zxid|znode|chroot|leader node/i,
    rooms: /^src\/(zookeeper|coordination\/zookeeper)\//,
  },
  {
    said: /raft|quorum|commit index/i,
    rooms:
      /^src\/((raft|durable-log|replication|peers|kv|coordination\/quorum)\/|daemon\/quorum-node\.ts)/,
  },
];
/** These two pick the doors, so the paths that they import may name them. */
const pickers = ["src/daemon/coordination.ts", "src/daemon/options.ts"];

/** The folder below src (of `coordination` the one below that), or the file that lies in src. */
function roomOf(path: string): string {
  const [, first = "", second = ""] = path.split("/");
  return first === "coordination" ? `${first}/${second}` : first;
}

function floorOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room));
}

test("architecture: every room stands on a floor", () => {
  const rooms = new Set(sources.map(({ path }) => roomOf(path)));
  expect([...rooms].filter((room) => floorOf(room) === -1)).toEqual([]);
});

test("architecture: a room uses the floors below it, and of its own floor nothing but itself", () => {
  const crossing = sources.flatMap(({ path, imports }) =>
    imports
      .filter((imported) => imported.path.startsWith("src/") && !mayUse(path, imported.path))
      .map((imported) => `${path} imports ${imported.path}`),
  );
  expect(crossing).toEqual([]);
});

function mayUse(path: string, imported: string): boolean {
  const [room, other] = [roomOf(path), roomOf(imported)];
  if (room === other) return true;
  if (barred[room]?.includes(other)) return false;
  if (other.startsWith("coordination/") && !doors.test(imported)) return false;
  return floorOf(other) < floorOf(room);
}

test("architecture: no file imports itself by way of others, not for a type either", () => {
  const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]));
  const reached = new Map<string, ReadonlySet<string>>();
  const reach = (path: string): ReadonlySet<string> => {
    const known = reached.get(path);
    if (known !== undefined) return known;
    const found = new Set<string>();
    const queue = [path];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const imported of importsOf.get(next) ?? []) {
        if (found.has(imported.path)) continue;
        found.add(imported.path);
        queue.push(imported.path);
      }
    }
    reached.set(path, found);
    return found;
  };
  const circular = sources.map(({ path }) => path).filter((path) => reach(path).has(path));
  expect(circular).toEqual([]);
});

/** Every text below src: pages and styles say words as well. */
const texts = await Promise.all(
  [...new Glob("src/**/*.{ts,html,css,mjs,json}").scanSync({ cwd: root })].map(async (path) => ({
    path,
    text: await Bun.file(join(root, path)).text(),
  })),
);

test("architecture: a room's words are said in that room alone", () => {
  const planted = { path: "src/files/x.ts", text: "/** Removed with the leader\n * node. */" };
  expect(wordsSaid(planted, /leader node/i)).toHaveLength(1);
  expect(wordsSaid({ path: "src/cli/zxid.ts", text: "" }, /zxid/i)).toHaveLength(1);
  const said = words.flatMap(({ said: word, rooms }) =>
    texts.filter(({ path }) => !rooms.test(path)).flatMap((file) => wordsSaid(file, word)),
  );
  expect(texts.length).toBeGreaterThan(sources.length);
  expect(said).toEqual([]);
});

/** Where a file says a word: in its path, in a line, or over the end of a line. */
function wordsSaid({ path, text }: { path: string; text: string }, word: RegExp): string[] {
  const spoken = pickers.includes(path)
    ? text.replaceAll(/(?<=from |import\()"\.\.\/coordination\/[^"]+"/g, '""')
    : text;
  const lines = spoken.split("\n");
  const found = lines.flatMap((line, index) => {
    const next = (lines[index + 1] ?? "").replace(/^\s*(\*|\/\/)?\s*/, "");
    const isSaid = word.test(line) || (word.test(`${line} ${next}`) && !word.test(next));
    return isSaid ? [`${path}:${index + 1}: ${line.trim()}`] : [];
  });
  return word.test(path) ? [path, ...found] : found;
}

test.each([
  {
    what: "a clock, a timer or chance",
    pattern:
      /\b(Date\.now|new Date\(|performance\.now|setTimeout|setInterval|Math\.random|Bun\.sleep)/,
    only: /^src\/system\//,
  },
  {
    what: "process.env",
    pattern: /process\.env/,
    only: /^src\/options\/environment\.ts$/,
  },
  {
    // Nothing that is safe or live may hang on what it holds: see the map in docs/architecture.md.
    what: "a look into /proc",
    pattern: /["'`]\/(proc|sys)\b/,
    only: new RegExp(
      `^src/(${[
        "cli/check/check-clocks",
        "daemon/leader-commands",
        "exec/supervisor/process-tree",
        "system/state-locks",
        "telemetry/log/open-log",
        "telemetry/metrics/process-metrics",
      ].join("|")})\\.ts$`,
    ),
  },
])("architecture: $what stays below $only", ({ pattern, only }) => {
  const found = sources
    .filter(({ path, text }) => !only.test(path) && pattern.test(text))
    .map(({ path }) => path);
  expect(found).toEqual([]);
});

test("architecture: nothing writes to stdout or stderr by Bun.write, which src/cli/print.ts guards", () => {
  const found = sources.filter(({ text }) => /Bun\.write\(\s*Bun\.std/.test(text));
  expect(found.map(({ path }) => path)).toEqual([]);
});
