import { expect, test } from "bun:test";
import { Glob } from "bun";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { exitCodes } from "../src/election/exit-status.ts";
import { type StateName, stateNames, transitions } from "../src/election/transitions.ts";

const root = join(import.meta.dir, "..");
const readme = await Bun.file(join(root, "README.md")).text();
const architecture = await Bun.file(join(root, "docs/architecture.md")).text();
const folders = [...new Glob("src/*/").scanSync({ cwd: root, onlyFiles: false })]
  .map((path) => path.split("/")[1] ?? "")
  .filter((name) => !name.includes("."))
  .toSorted();

const edges = stateNames
  .flatMap((from: StateName) => transitions[from].map((to) => `${from} --> ${to}`))
  .toSorted();

test("readme: the diagram shows exactly the transitions of the table", () => {
  const diagram = /```mermaid\n(?<text>[^`]*)```/.exec(readme)?.groups?.["text"] ?? "";
  const shown = [...diagram.matchAll(/^ *(\w+) --> (\w+)/gm)]
    .map((match) => `${match[1]} --> ${match[2]}`)
    .filter((edge) => !edge.includes("[*]"));
  expect(shown.toSorted()).toEqual(edges);
});

test("architecture page: its table has exactly the transitions of the code", () => {
  const rows = [...architecture.matchAll(/^\| (\w+) +\| (\w+) +\| .*\|$/gm)]
    .filter(([, from = ""]) => Object.hasOwn(transitions, from))
    .map(([, from = "", to = ""]) => `${from} --> ${to}`);
  expect(rows.toSorted()).toEqual(edges);
});

test("architecture page: names every room of src, and nothing that is gone", () => {
  const rows = [...architecture.matchAll(/^\| `([a-z-]+)\/` +\|/gm)].map(([, room = ""]) => room);
  expect(rows.toSorted()).toEqual(folders);
});

test("readme: names every exit code of the program", () => {
  for (const code of [...Object.values(exitCodes), 130, 143]) {
    expect(readme).toMatch(new RegExp(`^\\| ${code} +\\|`, "m"));
  }
});

test("readme: the file map names every folder of src, and nothing that is gone", () => {
  const map = /```text\n(?<text>src\/[^`]*)```/.exec(readme)?.groups?.["text"] ?? "";
  expect(folders.length).toBeGreaterThan(5);
  for (const folder of folders) expect(map).toContain(`  ${folder}/`);
  for (const match of map.matchAll(/^ {2}([a-z-]+)\//gm)) expect(folders).toContain(match[1] ?? "");
});

test("readme: every dependency is named with its reason", async () => {
  const manifest = (await Bun.file(join(root, "package.json")).json()) as Record<string, object>;
  const names = Object.keys({ ...manifest["dependencies"], ...manifest["devDependencies"] });
  for (const name of names) expect(readme).toContain(`\`${name}\``);
});

/** The anchor that a heading gets: lower case, without punctuation, with dashes for spaces. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

test("documents: every link leads to a file here, and to a heading of it", async () => {
  const documents = ["README.md", ...new Glob("docs/*.md").scanSync({ cwd: root })];
  const texts = new Map<string, string>();
  for (const path of documents) texts.set(path, await Bun.file(join(root, path)).text());
  const broken: string[] = [];
  let links = 0;
  for (const [path, text] of texts) {
    for (const [, target = ""] of text.matchAll(/\]\(([^()\s]+)\)/g)) {
      if (target.includes("://")) continue;
      links += 1;
      const [file = "", anchor] = target.split("#");
      const found = file === "" ? path : join(dirname(path), file);
      const headings = [...(texts.get(found) ?? "").matchAll(/^#+ (.+)$/gm)];
      const leads =
        existsSync(join(root, found)) &&
        (anchor === undefined || headings.some(([, heading = ""]) => anchorOf(heading) === anchor));
      if (!leads) broken.push(`${path}: ${target}`);
    }
  }
  expect(links).toBeGreaterThan(30);
  expect(broken).toEqual([]);
});

test("documents: the README leads to each of them", () => {
  for (const path of new Glob("docs/*.md").scanSync({ cwd: root })) {
    expect(readme).toContain(`](${path})`);
  }
});
