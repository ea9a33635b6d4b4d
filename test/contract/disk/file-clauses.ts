import { expect } from "bun:test";
import { type DiskClause, namesOn, refusalOf } from "./stage.ts";

/** More than a file of a test holds. */
const plenty = 1_000_000;
/** More than any batch of names. */
const manyNames = 1_300;

/** What the port promises of a disk that is well, and of nothing but plain files. */
export const fileClauses: readonly DiskClause[] = [
  {
    name: "a directory that is there stays as it is when it is made",
    check: async ({ disk }) => {
      await disk.writeDurably("kept", "content");
      await disk.makeDirectory();
      expect(await disk.read("kept", plenty)).toBe("content");
    },
  },
  {
    name: "a directory that is missing is made, and is empty",
    check: async ({ disk, removeDirectory }) => {
      await disk.writeDurably("lost", "content");
      await removeDirectory();
      expect(await refusalOf(disk.writeDurably("a", "content"))).toBe("missing");
      expect(await refusalOf(disk.replace("a", "b", "content"))).toBe("missing");
      expect(await refusalOf(namesOn(disk))).toBe("missing");
      await disk.makeDirectory();
      expect(await namesOn(disk)).toEqual([]);
      await disk.writeDurably("a", "content");
      expect(await namesOn(disk)).toEqual(["a"]);
    },
  },
  {
    name: "each name is listed once, however many there are, and no batch is without bound",
    check: async ({ disk }) => {
      const expected = Array.from({ length: manyNames }, (_, index) => `file-${1000 + index}`);
      for (const name of expected) await disk.replace(name, "temporary", "");
      const names: string[] = [];
      for await (const batch of disk.names()) {
        expect(batch.length).toBeLessThan(manyNames);
        names.push(...batch);
      }
      expect(names.toSorted()).toEqual(expected.toSorted());
    },
  },
  {
    name: "a text is read as it was written, and no file is undefined",
    check: async ({ disk }) => {
      for (const text of ["", "plain\n", "Zürich \u{1f5f3}\u{0}", "x".repeat(200_000)]) {
        await disk.writeDurably("text", text);
        expect(await disk.read("text", plenty)).toBe(text);
        await disk.replace("text", "temporary", `${text}!`);
        expect(await disk.read("text", plenty)).toBe(`${text}!`);
      }
      expect(await disk.read("none", plenty)).toBeUndefined();
    },
  },
  {
    name: "a file of more bytes than the reader takes is not read",
    check: async ({ disk }) => {
      await disk.writeDurably("file", "1234\u{e9}");
      expect(await disk.read("file", 6)).toBe("1234\u{e9}");
      expect(await refusalOf(disk.read("file", 5))).toBe("too-large");
    },
  },
  {
    name: "a write leaves nothing of a longer content before it",
    check: async ({ disk }) => {
      for (const content of ["long content", "short", ""]) {
        await disk.writeDurably("file", content);
        expect(await disk.read("file", plenty)).toBe(content);
      }
      for (const content of ["long content", "short", ""]) {
        await disk.replace("file", "temporary", content);
        expect(await disk.read("file", plenty)).toBe(content);
      }
    },
  },
  {
    name: "what is published has its final name alone, and replaces what had it",
    check: async ({ disk }) => {
      for (const content of ["first", "second"]) {
        await disk.writeDurably("temporary", content);
        await disk.publish("temporary", "final");
        expect(await namesOn(disk)).toEqual(["final"]);
        expect(await disk.read("final", plenty)).toBe(content);
      }
    },
  },
  {
    name: "what is not there cannot be published, and what has the final name stays",
    check: async ({ disk }) => {
      await disk.writeDurably("final", "content");
      expect(await refusalOf(disk.publish("none", "final"))).toBe("missing");
      expect(await disk.read("final", plenty)).toBe("content");
    },
  },
  {
    name: "I3: who reads while a file is replaced finds the old content or the new one",
    check: async ({ disk }) => {
      const contents = ["a", "b"].map((letter) => letter.repeat(100_000));
      await disk.writeDurably("file", contents[0] ?? "");
      const over = new AbortController();
      const reading = async (): Promise<void> => {
        while (!over.signal.aborted) {
          expect(contents).toContain((await disk.read("file", plenty)) ?? "nothing");
        }
      };
      const replacing = async (): Promise<void> => {
        for (let round = 0; round < 20; round += 1) {
          const content = contents[round % 2] ?? "";
          if (round % 3 === 0) {
            await disk.writeDurably("temporary", content);
            await disk.publish("temporary", "file");
          } else await disk.replace("file", "temporary", content);
        }
        over.abort();
      };
      await Promise.all([reading(), replacing()]);
      expect(await namesOn(disk)).toEqual(["file"]);
    },
  },
  {
    name: "a file is dated by its last write, and one that is missing is not",
    check: async ({ disk }) => {
      expect(await disk.modifiedAt("file")).toBeUndefined();
      await disk.writeDurably("file", "first");
      const first = await disk.modifiedAt("file");
      await disk.writeDurably("file", "second");
      const second = await disk.modifiedAt("file");
      expect(first).toBeInstanceOf(Date);
      expect(second?.getTime()).toBeGreaterThanOrEqual(first?.getTime() ?? Infinity);
    },
  },
  {
    name: "a removed file is gone, and one that is not there is no error",
    check: async ({ disk }) => {
      await disk.writeDurably("file", "content");
      await disk.remove("file");
      await disk.remove("file");
      expect(await namesOn(disk)).toEqual([]);
      expect(await disk.read("file", plenty)).toBeUndefined();
    },
  },
];
