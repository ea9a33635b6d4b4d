import { expect } from "bun:test";
import { type DiskClause, refusalOf } from "./stage.ts";

/** More than a full disk has left over, whatever it rounds up to. */
const large = new Uint8Array(300_000).fill(1);

/** What is promised of files that are written at offsets. */
export const offsetClauses: readonly DiskClause[] = [
  {
    name: "a file is written and read at offsets, and ends where it was written last",
    check: async ({ disk }) => {
      const file = await disk.createFile("file");
      expect(file.size).toBe(0);
      await file.writeAt(0, new Uint8Array(1_000));
      await file.writeAt(10, new Uint8Array([1, 2, 3]));
      await file.writeAt(999, new Uint8Array([4, 5]));
      expect(file.size).toBe(1_001);
      expect([...(await file.readAt(9, 5))]).toEqual([0, 1, 2, 3, 0]);
      expect([...(await file.readAt(998, 50))]).toEqual([0, 4, 5]);
      expect([...(await file.readAt(2_000, 5))]).toEqual([]);
      await file.close();
    },
  },
  {
    name: "a file is created anew in place of another, and opened as it is",
    check: async ({ disk }) => {
      expect(await disk.openFile("file")).toBeUndefined();
      for (const byte of [1, 2]) {
        const file = await disk.createFile("file");
        await file.writeAt(0, new Uint8Array([byte]));
        await file.close();
        const again = await disk.openFile("file");
        expect([...((await again?.readAt(0, 10)) ?? [])]).toEqual([byte]);
        await again?.close();
      }
    },
  },
  {
    name: "a file that gets another name stays open and the same",
    check: async ({ disk }) => {
      const file = await disk.createFile("temporary");
      await file.writeAt(0, new Uint8Array([1, 2]));
      await disk.publish("temporary", "final");
      await file.writeAt(1, new Uint8Array([3]));
      await file.close();
      const again = await disk.openFile("final");
      expect([...((await again?.readAt(0, 10)) ?? [])]).toEqual([1, 3]);
      await again?.close();
    },
  },
  {
    name: "I1: nothing but a plain file is opened to be written at offsets",
    check: async ({ disk, plant }) => {
      for (const stranger of ["link", "pipe", "directory"] as const) {
        await plant(stranger, stranger);
        expect(await refusalOf(disk.openFile(stranger))).toBe("not-a-file");
      }
    },
  },
  {
    name: "F2: a full disk refuses what makes a file grow, and takes what lies within it",
    needs: "full",
    check: async ({ disk, ail }) => {
      const file = await disk.createFile("file");
      await file.writeAt(0, new Uint8Array(8_192));
      await ail("full");
      expect(await refusalOf(file.writeAt(8_192, large))).toBe("full");
      await file.writeAt(4_000, new Uint8Array([7]));
      expect([...(await file.readAt(4_000, 1))]).toEqual([7]);
      await file.close();
    },
  },
  {
    name: "F1: a write that cannot be flushed says so",
    needs: "failing",
    check: async ({ disk, ail }) => {
      const file = await disk.createFile("file");
      await ail("failing");
      expect(await refusalOf(file.writeAt(0, new Uint8Array([1])))).toBe("failing");
    },
  },
  {
    name: "F1: what was written at an offset is there after a power cut",
    needs: "power cut",
    check: async ({ disk, cutPower }) => {
      const file = await disk.createFile("temporary");
      await file.writeAt(0, new Uint8Array(2_000).fill(1));
      await disk.publish("temporary", "final");
      await file.writeAt(1_000, new Uint8Array(2_000).fill(2));
      cutPower?.();
      const again = await disk.openFile("final");
      const expected = new Uint8Array(3_000).fill(1, 0, 1_000).fill(2, 1_000);
      expect(await again?.readAt(0, 5_000)).toEqual(expected);
    },
  },
];
