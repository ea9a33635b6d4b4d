import { expect, test } from "bun:test";
import { finalName, parseFileName, temporaryName } from "../../src/files/file-name.ts";
import { epochOf } from "../fake/election.ts";

test("file name: sorts by epoch, then by sequence, up to the largest epoch", () => {
  const largest = (2n ** 63n - 1n) as ReturnType<typeof epochOf>;
  const names = [
    finalName(epochOf(1), 9),
    finalName(epochOf(1), 10),
    finalName(epochOf(2), 1),
    finalName(epochOf(10), 1),
    finalName(largest, 1),
  ];
  expect(names.toSorted()).toEqual(names);
  expect(names[0]).toBe("0000000000000000001-0000000009.json");
});

test("file name: what was made is understood again", () => {
  expect(parseFileName(finalName(epochOf(77), 3))).toEqual({ kind: "final", epoch: epochOf(77) });
  expect(parseFileName(temporaryName(epochOf(77), 3, "host-a.b_1"))).toEqual({
    kind: "temporary",
    epoch: epochOf(77),
    replica: "host-a.b_1",
  });
});

test.each([
  "",
  ".",
  "1-1.json",
  "0000000000000000001-0000000009.json.bak",
  " 0000000000000000001-0000000009.json",
  "0000000000000000001-0000000009.JSON",
  "0000000000000000001-0000000009",
  "-000000000000000001-0000000009.json",
  ".0000000000000000001-0000000009.tmp",
  "0000000000000000001-0000000009.json\n",
])("file name: %j is a stranger's", (name) => {
  expect(parseFileName(name).kind).toBe("foreign");
});
