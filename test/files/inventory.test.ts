import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalDisk } from "../../src/disk/local-disk.ts";
import { finalName } from "../../src/files/file-name.ts";
import { takeInventory } from "../../src/files/inventory.ts";
import { epochOf } from "../fake/election.ts";

test("inventory: more than 100,000 files do not stall the loop", async () => {
  const directory = mkdtempSync(join(tmpdir(), "election-inventory-"));
  try {
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
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 60_000);
