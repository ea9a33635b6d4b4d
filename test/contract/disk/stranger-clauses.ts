import { expect } from "bun:test";
import { type DiskClause, namesOn, refusalOf, untouched } from "./stage.ts";

const plenty = 1_000;

/** I1: nothing but a plain file is ever opened under a name. */
export const strangerClauses: readonly DiskClause[] = [
  {
    name: "I1: links and pipes are listed, directories are not",
    check: async ({ disk, plant }) => {
      await plant("link", "link");
      await plant("pipe", "pipe");
      await plant("directory", "directory");
      expect(await namesOn(disk)).toEqual(["link", "pipe"]);
    },
  },
  {
    name: "I1: nothing but a plain file is read",
    check: async ({ disk, plant }) => {
      for (const stranger of ["link", "pipe", "directory"] as const) {
        await plant(stranger, stranger);
        expect(await refusalOf(disk.read(stranger, plenty))).toBe("not-a-file");
      }
    },
  },
  {
    name: "I1: what is written replaces a link or a pipe, and what the link leads to stays as it is",
    check: async ({ disk, plant, behindLinks }) => {
      for (const stranger of ["link", "pipe"] as const) {
        await plant("file", stranger);
        await disk.writeDurably("file", "content");
        expect(await disk.read("file", plenty)).toBe("content");
        await disk.remove("file");
        await plant("file", stranger);
        await plant("temporary", stranger);
        await disk.replace("file", "temporary", "content");
        expect(await disk.read("file", plenty)).toBe("content");
        await disk.remove("file");
      }
      expect(await namesOn(disk)).toEqual([]);
      expect(await behindLinks()).toBe(untouched);
    },
  },
  {
    name: "I1: what is published replaces a link or a pipe, and what the link leads to stays as it is",
    check: async ({ disk, plant, behindLinks }) => {
      for (const stranger of ["link", "pipe"] as const) {
        await plant("final", stranger);
        await plant("temporary", stranger);
        await disk.writeDurably("temporary", "content");
        await disk.publish("temporary", "final");
        expect(await disk.read("final", plenty)).toBe("content");
        await disk.remove("final");
      }
      expect(await behindLinks()).toBe(untouched);
    },
  },
  {
    name: "I1: a link is dated and removed itself, and a pipe as well",
    check: async ({ disk, plant, behindLinks }) => {
      for (const stranger of ["link", "pipe"] as const) {
        await plant("stranger", stranger);
        expect(await disk.modifiedAt("stranger")).toBeInstanceOf(Date);
        await disk.remove("stranger");
        expect(await namesOn(disk)).toEqual([]);
      }
      expect(await behindLinks()).toBe(untouched);
    },
  },
  {
    name: "I1: no directory is written over, replaced or removed",
    check: async ({ disk, plant }) => {
      await plant("directory", "directory");
      await disk.writeDurably("temporary", "content");
      for (const change of [
        () => disk.writeDurably("directory", "content"),
        () => disk.replace("file", "directory", "content"),
        () => disk.publish("temporary", "directory"),
        () => disk.remove("directory"),
        () => disk.replace("directory", "temporary", "content"),
      ]) {
        expect(await refusalOf(change())).toBe("not-a-file");
      }
      expect(await refusalOf(disk.read("directory", plenty))).toBe("not-a-file");
    },
  },
];
