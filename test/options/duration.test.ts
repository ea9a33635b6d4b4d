import { expect, test } from "bun:test";
import { formatDuration, longestDurationMs, parseDuration } from "../../src/options/duration.ts";

const right: readonly (readonly [string, number])[] = [
  ["10s", 10_000],
  ["1m30s", 90_000],
  ["500ms", 500],
  ["1h", 3_600_000],
  ["1.5s", 1500],
  [".5s", 500],
  ["1.s", 1000],
  ["0.1s", 100],
  ["0.001s", 1],
  ["1000us", 1],
  ["1000µs", 1],
  ["1000000ns", 1],
  ["999us1000ns", 1],
  ["1h1m1s1ms", 3_661_001],
  ["30s1m", 90_000],
  ["24h", longestDurationMs],
  ["0h1ms", 1],
];

test.each(right)("duration: reads %s as %d ms", (text, ms) => {
  expect(parseDuration(text)).toEqual({ kind: "valid", value: ms });
});

const wrong = [
  "",
  "0",
  "0s",
  "10",
  "s",
  "-1s",
  "+1s",
  " 1s",
  "1s ",
  "1 s",
  "1S",
  "1d",
  "1.5.5s",
  "1,5s",
  ".s",
  "0.5ms",
  "1.0001s",
  "1ns",
  "999us",
  "24h1ms",
  "25h",
  "99999999999999999999h",
  "1e3s",
  "Infinity",
  "NaN",
  "1s\n",
  "1s".repeat(33),
];

test.each(wrong)("duration: refuses %j", (text) => {
  expect(parseDuration(text)).toEqual({
    kind: "invalid",
    expected: "a duration from 1ms to 24h in whole milliseconds, such as 10s, 1m30s or 500ms",
  });
});

test.each([
  [1, "1ms"],
  [999, "999ms"],
  [1000, "1s"],
  [1500, "1.5s"],
  [60_000, "1m"],
  [90_000, "1m30s"],
  [3_600_000, "1h"],
  [3_600_001, "1h0.001s"],
  [86_399_999, "23h59m59.999s"],
] as const)("duration: writes %d ms as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("duration: whatever is written reads back as the same", () => {
  for (let ms = 1; ms <= longestDurationMs; ms = ms * 2 + (ms % 7)) {
    expect(parseDuration(formatDuration(ms))).toEqual({ kind: "valid", value: ms });
  }
});
