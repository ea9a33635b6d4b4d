import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskError } from "../../src/disk/disk-error.ts";
import { LocalDisk } from "../../src/disk/local-disk.ts";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "election-disk-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test("local disk: what is for our user alone is so from the start, and else the umask decides", async () => {
  const umask = process.umask(0o022);
  try {
    for (const [access, directoryMode, fileMode] of [
      ["own-user", 0o700, 0o600],
      ["by-umask", 0o755, 0o644],
    ] as const) {
      const disk = new LocalDisk(join(directory, access, "below"), access);
      await disk.makeDirectory();
      await disk.writeDurably("a", "content");
      await disk.replace("b", "temporary", "content");
      expect(modeOf(join(directory, access))).toBe(directoryMode);
      expect(modeOf(disk.path)).toBe(directoryMode);
      for (const name of ["a", "b"]) expect(modeOf(join(disk.path, name))).toBe(fileMode);
    }
  } finally {
    process.umask(umask);
  }
});

test("local disk: a file where the directory should be, or above it, is told as such", async () => {
  writeFileSync(join(directory, "file"), "");
  for (const [path, errno] of [
    ["file", "EEXIST"],
    ["file/below", "ENOTDIR"],
  ] as const) {
    const making = new LocalDisk(join(directory, path)).makeDirectory();
    const error: unknown = await making.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DiskError);
    expect(error).toMatchObject({ code: "not-a-directory", errno });
    expect(String(error)).toStartWith(`Error: ${errno}: `);
  }
});

test("local disk: what the file system says is kept, and a path that has it", async () => {
  const disk = new LocalDisk(join(directory, "gone"));
  const error: unknown = await disk.writeDurably("a", "x").catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "missing", errno: "ENOENT" });
  expect(String(error)).toContain(`open '${join(disk.path, "a")}'`);
});
