import { expect, test } from "bun:test";
import { Glob } from "bun";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const textOf = (path: string): Promise<string> => Bun.file(join(root, path)).text();

/** Where the programs are that `test/anywhere` starts, besides the tests, which take nothing. */
const programs = ["bench/**/*.ts", "test/chaos/*.ts", "test/soak/*.ts"].flatMap((pattern) => [
  ...new Glob(pattern).scanSync({ cwd: root }),
]);

test("anywhere: its container is given every variable that a program there reads", async () => {
  const read = new Set<string>();
  for (const path of programs) {
    const reading = /(?:process\.env\[|environment\[|numberIn\()"(\w+)"/g;
    for (const [, name = ""] of (await textOf(path)).matchAll(reading)) read.add(name);
  }
  read.delete("PATH");
  expect(read.size).toBeGreaterThan(7);
  const anywhere = await textOf("test/anywhere");
  const given = [...anywhere.matchAll(/--env (\w+)/g)].map((match) => match[1] ?? "");
  expect(given).toEqual(expect.arrayContaining([...read]));
});
