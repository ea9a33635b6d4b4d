import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileLock } from "../../src/system/file-lock.ts";

const thiefScript = join(import.meta.dir, "lock-thief.fixture.ts");

test("file lock: nobody gets the lock of a new file before its maker", async () => {
  const path = mkdtempSync(join(tmpdir(), "election-locks-"));
  const command = [process.execPath, thiefScript, path];
  const thief = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  try {
    await thief.stdout.getReader().read();
    for (let count = 0; count < 300; count += 1) {
      const lock = FileLock.tryLock(join(path, `${count}.lock`), "ax");
      expect(lock?.path).toBe(join(path, `${count}.lock`));
      rmSync(join(path, `${count}.lock`));
      lock?.[Symbol.dispose]();
    }
    expect(readdirSync(path)).toEqual([]);
  } finally {
    thief.kill("SIGKILL");
    await thief.exited;
    rmSync(path, { recursive: true });
  }
});

test("file lock: a new file takes no other's place", () => {
  const path = mkdtempSync(join(tmpdir(), "election-locks-"));
  using first = FileLock.tryLock(join(path, "a.lock"), "ax");
  expect(first).toBeDefined();
  expect(() => FileLock.tryLock(join(path, "a.lock"), "ax")).toThrow("EEXIST");
  expect(readdirSync(path)).toEqual(["a.lock"]);
  rmSync(path, { recursive: true });
});
