import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

const program = join(import.meta.dir, "../../src/main.ts");

test("release: a state directory that is not there is told, and not made", () => {
  const directory = mkdtempSync("/tmp/election-release-");
  const path = join(directory, "slip");
  const words = ["release", "--zk-servers=127.0.0.1:1", `--state-dir=${path}`];
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, program, ...words], {
    cwd: directory,
  });
  expect(stderr.toString()).toBe(`election: nothing to release: ${path} does not exist\n`);
  expect(exitCode).toBe(0);
  expect(existsSync(path)).toBe(false);
  rmSync(directory, { recursive: true });
});
