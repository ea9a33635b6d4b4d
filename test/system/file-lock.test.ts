import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileLock } from "../../src/system/file-lock.ts";

let path = "";
const file = (): string => join(path, "a.lock");

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "election-lock-"));
});

afterEach(() => {
  rmSync(path, { recursive: true, force: true });
});

test("file lock: one holder, and whoever comes after it", () => {
  const first = FileLock.tryLock(file(), "either");
  expect(first).toBeDefined();
  for (const which of ["existing", "either"] as const) {
    expect(FileLock.tryLock(file(), which)).toBeUndefined();
  }
  expect(() => FileLock.tryLock(file(), "new")).toThrow("EEXIST");
  first?.[Symbol.dispose]();
  using second = FileLock.tryLock(file(), "existing");
  expect(second?.isInPlace).toBe(true);
});

test("file lock: a lock on a file that was removed meanwhile does not count", () => {
  using first = FileLock.tryLock(file(), "new");
  expect(first).toBeDefined();
  rmSync(file());
  // The path is free for a new file, and the old lock is on none that anybody looks at.
  using second = FileLock.tryLock(file(), "new");
  expect(second).toBeDefined();
  expect(FileLock.tryLock(file(), "existing")).toBeUndefined();
  expect(() => FileLock.tryLock(join(path, "none.lock"), "existing")).toThrow("ENOENT");
});

test("file lock: a link is not followed, and what it leads to is not made", () => {
  const target = join(path, "target");
  symlinkSync(target, file());
  for (const which of ["existing", "either"] as const) {
    expect(() => FileLock.tryLock(file(), which)).toThrow("not a regular file");
  }
  expect(() => FileLock.tryLock(file(), "new")).toThrow("EEXIST");
  expect(existsSync(target)).toBe(false);
});

test("file lock: a lock whose file became a link is not in place", () => {
  using lock = FileLock.tryLock(join(path, "elsewhere"), "new");
  using linked = FileLock.tryLock(file(), "new");
  rmSync(file());
  symlinkSync(join(path, "elsewhere"), file());
  expect([lock?.isInPlace, linked?.isInPlace]).toEqual([true, false]);
});

test("file lock: nothing waits for the other end of a pipe, and no directory is locked", () => {
  expect(Bun.spawnSync(["mkfifo", join(path, "pipe")]).exitCode).toBe(0);
  mkdirSync(join(path, "directory"));
  for (const which of ["existing", "either"] as const) {
    expect(() => FileLock.tryLock(join(path, "pipe"), which)).toThrow("not a regular file");
  }
  const locking = (): unknown => FileLock.tryLock(join(path, "directory"), "existing");
  expect(locking).toThrow("not a regular file");
});

test("file lock: no program inherits it unless it is given to it", () => {
  using lock = FileLock.tryLock(file(), "new");
  const [, flags = ""] =
    /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${lock?.descriptor}`, "utf8")) ?? [];
  // Source: open(2), O_CLOEXEC
  expect(Number.parseInt(flags, 8) & 0o2000000).not.toBe(0);
});
