import { expect, test } from "bun:test";
import { dirname, join, normalize } from "node:path";
import { program } from "../../src/cli/commands.ts";
import { sources } from "../sources.ts";

const texts = new Map(sources.map(({ path, text }) => [path, text]));

/** The files that are loaded when `path` is: what is imported, but for types and at run time. */
function loadedWith(path: string, known = new Set<string>()): ReadonlySet<string> {
  if (known.has(path)) return known;
  known.add(path);
  const imports = (texts.get(path) ?? "").matchAll(
    /^import (?!type )[^"]*?from "(\.[^"]+)"|^import "(\.[^"]+)"/gm,
  );
  for (const [, from = "", alone = ""] of imports) {
    const imported = normalize(join(dirname(path), from || alone));
    if (texts.has(imported)) loadedWith(imported, known);
  }
  return known;
}

const always = [...loadedWith("src/main.ts")];

test("command line: of a command its definition is always loaded, and none of its work (I1)", () => {
  const ofCommands = always.filter((path) => /^src\/cli\/[\w-]+\//.test(path));
  const small = ["src/cli/completion/shell.ts", "src/cli/run/replica-task.ts"];
  const definitions = ofCommands.filter((path) => !small.includes(path));
  expect(definitions.length).toBe(program.commands.length + program.hidden.length);
  expect(definitions.filter((path) => !path.endsWith("-command.ts"))).toEqual([]);
});

test("command line: nothing of a replica is loaded before one is run (I1)", () => {
  const replica =
    /^src\/(daemon\/(?!options|replica-id)|disk|election\/(machine|states)|system\/real|telemetry\/telemetry|zookeeper\/(client|session|transport|protocol))/;
  expect(always.filter((path) => replica.test(path))).toEqual([]);
  expect([...loadedWith("src/cli/run/run.ts")].filter((path) => replica.test(path))).toContain(
    "src/daemon/daemon.ts",
  );
});
