import { expect, test } from "bun:test";
import { editDistance, nearestName } from "../../src/options/nearest-name.ts";
import { quoted } from "../../src/base/quoted.ts";

test("nearest name: finds slips of the hand and nothing far", () => {
  const names = ["zk-servers", "zk-path", "stop-timeout", "session-timeout"];
  expect(nearestName("zk-server", names)).toBe("zk-servers");
  expect(nearestName("zkServers", names)).toBe("zk-servers");
  expect(nearestName("sesion-timeuot", names)).toBe("session-timeout");
  expect(nearestName("frobnicate", names)).toBeUndefined();
  expect(nearestName("x".repeat(1000), names)).toBeUndefined();
  expect(nearestName("", names)).toBeUndefined();
});

test("edit distance: counts swaps of neighbours as one", () => {
  expect(editDistance("ab", "ba")).toBe(1);
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("", "abc")).toBe(3);
});

test("quoted: keeps to one line and escapes what a terminal would obey", () => {
  expect(quoted("a\n\u001b[31m\u009b\u202e")).toBe('"a\\n\\u001b[31m\\u009b\\u202e"');
  expect(quoted("x".repeat(100))).toBe(`"${"x".repeat(80)}..."`);
});
