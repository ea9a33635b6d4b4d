import { expect } from "bun:test";
import { type DiskClause, namesOn, refusalOf } from "./stage.ts";

const plenty = 1_000_000;
/** More than a full disk has left over, whatever it rounds up to. */
const large = "x".repeat(300_000);

/** What is left of the promises on a disk that ails: a code that tells, and nothing lost. */
export const ailmentClauses: readonly DiskClause[] = [
  {
    name: "a full disk says so, keeps what it has, gives it away, and takes more once there is room",
    needs: "full",
    check: async ({ disk, ail, cure }) => {
      await disk.writeDurably("kept", "content");
      await disk.writeDurably("away", "content");
      await ail("full");
      expect(await refusalOf(disk.writeDurably("more", large))).toBe("full");
      expect(await refusalOf(disk.replace("kept", "temporary", large))).toBe("full");
      expect(await disk.read("kept", plenty)).toBe("content");
      await disk.remove("away");
      await disk.remove("temporary");
      await disk.remove("more");
      await cure("full");
      await disk.writeDurably("more", large);
      await disk.publish("more", "final");
      expect(await disk.read("final", plenty)).toBe(large);
      expect(await namesOn(disk)).toEqual(["final", "kept"]);
    },
  },
  {
    name: "a read-only disk says so, and is read",
    needs: "read-only",
    check: async ({ disk, ail, cure }) => {
      await disk.writeDurably("kept", "content");
      await disk.writeDurably("temporary", "content");
      await ail("read-only");
      for (const change of [
        () => disk.writeDurably("more", "content"),
        () => disk.writeDurably("kept", "other"),
        () => disk.replace("kept", "more", "other"),
        () => disk.publish("temporary", "kept"),
        () => disk.remove("kept"),
      ]) {
        expect(await refusalOf(change())).toBe("read-only");
      }
      expect(await disk.read("kept", plenty)).toBe("content");
      expect(await namesOn(disk)).toEqual(["kept", "temporary"]);
      await cure("read-only");
      await disk.remove("kept");
      expect(await namesOn(disk)).toEqual(["temporary"]);
    },
  },
  {
    name: "a directory that cannot be made anew says so, and its files are missing",
    needs: "gone",
    check: async ({ disk, ail }) => {
      await disk.writeDurably("lost", "content");
      await ail("gone");
      expect(await refusalOf(disk.makeDirectory())).not.toBe("done");
      expect(await refusalOf(namesOn(disk))).toBe("missing");
      expect(await refusalOf(disk.writeDurably("more", "content"))).toBe("missing");
      expect(await refusalOf(disk.replace("more", "temporary", "content"))).toBe("missing");
      expect(await refusalOf(disk.publish("lost", "final"))).toBe("missing");
      expect(await disk.read("lost", plenty)).toBeUndefined();
      expect(await disk.modifiedAt("lost")).toBeUndefined();
      await disk.remove("lost");
    },
  },
  {
    name: "what cannot be flushed is not told as durable",
    needs: "failing",
    check: async ({ disk, ail, cure }) => {
      await disk.writeDurably("temporary", "content");
      await ail("failing");
      expect(await refusalOf(disk.writeDurably("more", "content"))).toBe("failing");
      expect(await refusalOf(disk.publish("temporary", "final"))).toBe("failing");
      await cure("failing");
      await disk.writeDurably("more", "content");
    },
  },
  {
    name: "I2: what was told as durable is there after a power cut, whole",
    needs: "power cut",
    check: async ({ disk, cutPower }) => {
      await disk.writeDurably("temporary", "content");
      await disk.publish("temporary", "final");
      await disk.writeDurably("unnamed", "content");
      cutPower?.();
      expect(await disk.read("final", plenty)).toBe("content");
      expect(["content", undefined]).toContain(await disk.read("unnamed", plenty));
    },
  },
  {
    name: "a disk that hangs keeps its callers waiting, and goes on when it is back",
    needs: "hanging",
    check: async ({ disk, ail, cure }) => {
      await disk.writeDurably("temporary", "content");
      await ail("hanging");
      const settled: string[] = [];
      const calls = [
        disk.makeDirectory().then(() => settled.push("make")),
        disk.writeDurably("more", "content").then(() => settled.push("write")),
        disk.publish("temporary", "final").then(() => settled.push("publish")),
        disk.replace("other", "unfinished", "content").then(() => settled.push("replace")),
        disk.read("temporary", plenty).then(() => settled.push("read")),
        disk.modifiedAt("temporary").then(() => settled.push("date")),
        disk.remove("none").then(() => settled.push("remove")),
        namesOn(disk).then(() => settled.push("list")),
      ];
      // The caller goes on: this line is reached, and others after a turn of the loop.
      await new Promise<void>((resolve) => setImmediate(resolve));
      expect(settled).toEqual([]);
      await cure("hanging");
      await Promise.all(calls);
      expect(await namesOn(disk)).toEqual(["final", "more", "other"]);
    },
  },
];
