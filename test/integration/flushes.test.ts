import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { type Hanging, HangingDisk } from "./hanging-disk.ts";
import { temporaryDirectory } from "./replica.ts";

const fixture = join(import.meta.dir, "flushes.fixture.ts");
let directory: ReturnType<typeof temporaryDirectory>;
let root = "";
let disk: HangingDisk;

beforeAll(() => {
  directory = temporaryDirectory();
  root = realpathSync(directory.path);
  disk = new HangingDisk(root);
});

afterAll(() => {
  directory[Symbol.dispose]();
});

test("local disk: every name that it gives is flushed, also those of directories it makes", () => {
  const log = join(root, "flushes.log");
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, fixture, join(root, "one/two")], {
    env: { ...process.env, ...disk.environment, FLUSH_LOG: log },
  });
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
  const flushed = readFileSync(log, "utf8").trim().split("\n");
  const names = ["one", "", "one/two/a.tmp", "one/two"];
  expect(flushed).toEqual(names.map((name) => join(root, name)));
});

test.each(["flushes", "renames", "removals"] as const)(
  "local disk: the loop goes round while %s hang",
  async (what: Hanging) => {
    const hangMs = 500;
    disk.hang(what);
    const command = [process.execPath, fixture, join(root, what), "--beat"];
    const env = { ...process.env, ...disk.environment };
    const child = Bun.spawn(command, { env, stdout: "pipe", stderr: "inherit" });
    while (!disk.holds(what)) await Bun.sleep(5);
    await Bun.sleep(hangMs);
    disk.release();
    const turns = Number(await child.stdout.text());
    expect(await child.exited).toBe(0);
    // A loop that stands still would have come round a few times before and after.
    expect(turns).toBeGreaterThan(hangMs / 10);
  },
  20_000,
);
