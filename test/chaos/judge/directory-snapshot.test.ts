import { expect, test } from "bun:test";
import { readersTruth } from "./directory-snapshot.ts";

function text(epoch: bigint, replica: string): string {
  return JSON.stringify({ epoch: String(epoch), replica, sequence: 1 });
}

test("readers' truth: the highest epoch, whatever landed last", () => {
  const files = new Map([
    ["a/0000000000000000009-0000000001.json", text(9n, "old")],
    ["b/0000000000000000010-0000000001.json", text(10n, "new")],
    ["a/0000000000000000009-0000000002.json", text(9n, "old")],
  ]);
  expect(readersTruth(files)).toEqual({ epoch: 10n, replica: "new" });
  expect(readersTruth(new Map())).toBeUndefined();
});
