import { expect, test } from "bun:test";
import { ConnectionCounts } from "../../bench/connection-counts.ts";
import { longestGapMs } from "../../bench/measures/gaps.ts";

const connection = (port: number, received: number, last: string): string =>
  ` /127.0.0.1:${port}[1](queued=0,recved=${received},sent=${received},sid=0x1,lop=${last},est=1,to=4000)\n`;

test("connection counts: pings are left out, and connections that came or went", () => {
  const before = new ConnectionCounts([
    ["s1", connection(1, 10, "PING") + connection(2, 20, "PING") + connection(3, 5, "NA")],
  ]);
  const after = new ConnectionCounts([
    ["s1", connection(1, 11, "PING") + connection(2, 24, "GETC") + connection(4, 9, "CREA")],
  ]);
  expect(before.requestsUntil(after)).toBe(4);
});

test("connection counts: the same port at two servers is two connections", () => {
  const answer = connection(1, 3, "PING");
  const counts = new ConnectionCounts([
    ["s1", answer],
    ["s2", answer],
  ]);
  expect(counts.receivedFrom(new Set([1]))).toBe(6);
  expect(counts.receivedFrom(new Set([2]))).toBe(0);
});

test("gaps: the longest one counts from the last effect before the blow", () => {
  const effects = [0, 500, 600, 900, 1_000].map((at) => ({ at }));
  expect(longestGapMs(effects, 550)).toBe(300);
  expect(longestGapMs(effects, 0)).toBe(500);
  expect(longestGapMs(effects, 2_000)).toBe(0);
  expect(longestGapMs([], 0)).toBe(0);
});
