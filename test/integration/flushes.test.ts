import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { HangingDisk } from "./hanging-disk.ts";
import { temporaryDirectory } from "./replica.ts";

let directory: ReturnType<typeof temporaryDirectory>;

beforeAll(() => {
  directory = temporaryDirectory();
});

afterAll(() => {
  directory[Symbol.dispose]();
});

test("local disk: every name that it gives is flushed, also those of directories it makes", () => {
  const root = realpathSync(directory.path);
  const log = join(root, "flushes");
  const fixture = join(import.meta.dir, "flushes.fixture.ts");
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, fixture, join(root, "one/two")], {
    env: { ...process.env, ...new HangingDisk(root).environment, FLUSH_LOG: log },
  });
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
  const flushed = readFileSync(log, "utf8").trim().split("\n");
  const names = ["one", "", "one/two/a.tmp", "one/two"];
  expect(flushed).toEqual(names.map((name) => join(root, name)));
});
