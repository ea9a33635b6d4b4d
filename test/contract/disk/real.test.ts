import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalDisk } from "../../../src/disk/local-disk.ts";
import { SmallFileSystem } from "../../disk/small-file-system.ts";
import { diskContract } from "./clauses.ts";
import { clausesFor, type DiskStage, type Stranger, untouched } from "./stage.ts";

const ailments = ["full", "read-only", "gone"] as const;

test.each(clausesFor(diskContract, []))("disk contract, real disk: $name", async ({ check }) => {
  const root = mkdtempSync(join(tmpdir(), "election-contract-"));
  try {
    await check(await stageIn(root, undefined));
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.each(clausesFor(diskContract, ailments))(
  "disk contract, real disk of 1 MiB: $name",
  async ({ check }) => {
    using small = new SmallFileSystem();
    await check(await stageIn(small.path, small));
  },
);

/** @param small the file system that `root` is on, where it can be given an ailment */
async function stageIn(root: string, small: SmallFileSystem | undefined): Promise<DiskStage> {
  const target = join(root, "target");
  writeFileSync(target, untouched);
  const path = join(root, "made/on/demand");
  const disk = new LocalDisk(path);
  await disk.makeDirectory();
  return {
    disk,
    plant: async (name, stranger) => {
      await Promise.resolve();
      plant(join(path, name), stranger, target);
    },
    behindLinks: async () => await Promise.resolve(readFileSync(target, "utf8")),
    removeDirectory: async () => {
      await Promise.resolve();
      rmSync(join(root, "made"), { recursive: true });
    },
    ail: async (ailment) => {
      await Promise.resolve();
      if (ailment === "gone") rmSync(join(root, "made"), { recursive: true });
      if (ailment === "full") small?.fill();
      else small?.remount("ro");
    },
    cure: async (ailment) => {
      await Promise.resolve();
      if (ailment === "full") small?.makeRoom();
      else small?.remount("rw");
    },
    cutPower: undefined,
  };
}

function plant(path: string, stranger: Stranger, target: string): void {
  if (stranger === "link") symlinkSync(target, path);
  if (stranger === "directory") mkdirSync(path);
  if (stranger === "pipe") expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
}
