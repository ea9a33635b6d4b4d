import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takeInventory } from "../../src/files/inventory.ts";
import { finalName } from "../../src/files/file-name.ts";
import { LocalDisk } from "../../src/disk/local-disk.ts";
import { epochOf } from "../fake/election.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "election-disk-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function collect(disk: LocalDisk): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const batch of disk.names()) names.push(...batch);
  return names.toSorted();
}

test("local disk: writes, publishes, lists and removes", async () => {
  const disk = new LocalDisk(join(directory, "made/on/demand"));
  await disk.makeDirectory();
  await disk.makeDirectory();
  await disk.writeDurably("a.tmp", "content");
  await disk.publish("a.tmp", "a.json");
  await mkdir(join(disk.path, "directory.json"));
  expect(await collect(disk)).toEqual(["a.json"]);
  expect((await disk.modifiedAt("a.json"))?.getTime()).toBeGreaterThan(Date.now() - 60_000);
  expect(await disk.modifiedAt("b.json")).toBeUndefined();
  expect(await Bun.file(join(disk.path, "a.json")).text()).toBe("content");
  await disk.remove("a.json");
  await disk.remove("a.json");
  expect(await collect(disk)).toEqual([]);
});

test("local disk: a directory that is gone is an error, and is not made again by a write", async () => {
  const disk = new LocalDisk(join(directory, "gone"));
  expect(disk.writeDurably("a.tmp", "content")).rejects.toThrow("ENOENT");
  expect(disk.publish("a.tmp", "a.json")).rejects.toThrow("ENOENT");
  expect(collect(disk)).rejects.toThrow("ENOENT");
  expect(await readdir(directory)).toEqual([]);
});

test("local disk: a file where the directory should be is an error", async () => {
  await writeFile(join(directory, "file"), "");
  expect(new LocalDisk(join(directory, "file")).makeDirectory()).rejects.toThrow("EEXIST");
});

function mount(...options: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["mount", ...options, join(directory, "small")]);
  if (exitCode !== 0) {
    throw new Error(`this test mounts a tmpfs, which takes root: ${stderr.toString()}`);
  }
}

describe("on a file system of its own", () => {
  beforeEach(async () => {
    await mkdir(join(directory, "small"));
    mount("-t", "tmpfs", "-o", "size=64k", "tmpfs");
  });

  afterEach(() => {
    Bun.spawnSync(["umount", "-l", join(directory, "small")]);
  });

  test("local disk: a full disk is an error, and works again once there is room", async () => {
    const disk = new LocalDisk(join(directory, "small"));
    await writeFile(join(disk.path, "ballast"), new Uint8Array(60 * 1024));
    expect(disk.writeDurably("a.tmp", "x".repeat(16 * 1024))).rejects.toThrow("ENOSPC");
    await rm(join(disk.path, "ballast"));
    await disk.writeDurably("a.tmp", "x".repeat(16 * 1024));
    await disk.publish("a.tmp", "a.json");
    expect(await Bun.file(join(disk.path, "a.json")).text()).toHaveLength(16 * 1024);
  });

  test("local disk: a read-only file system is an error", async () => {
    const disk = new LocalDisk(join(directory, "small"));
    mount("-o", "remount,ro");
    expect(disk.writeDurably("a.tmp", "content")).rejects.toThrow("EROFS");
  });
});

test("inventory: more than 100,000 files do not stall the loop", async () => {
  const disk = new LocalDisk(directory);
  for (let index = 0; index < 100_000; index += 1) {
    await Bun.write(join(directory, `stranger-${index}`), "");
  }
  for (let sequence = 1; sequence <= 5000; sequence += 1) {
    await Bun.write(join(directory, finalName(epochOf(3), sequence)), "");
  }
  let turns = 0;
  const ticking = setInterval(() => {
    turns += 1;
  }, 1);
  const inventory = await takeInventory(disk, 10);
  clearInterval(ticking);
  expect(inventory.excess).toHaveLength(4990);
  expect(inventory.excess).not.toContain(finalName(epochOf(3), 4991));
  expect(inventory.fence?.epoch).toBe(epochOf(3));
  // The scan takes some 150 ms; read in one go, it would leave room for one or two timers.
  expect(turns).toBeGreaterThan(20);
}, 60_000);
