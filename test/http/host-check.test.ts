import { expect, test } from "bun:test";
import { namesASite } from "../../src/http/host-check.ts";

test.each([
  ["a.b", true],
  ["a..b", true],
  ["a.b.:80", true],
  [".a", false],
  ["a.", false],
  ["...", false],
  ["a.b@c.d", false],
  ["a.b/c", false],
] as const)("host check: %s names a site: %p", (host, expected) => {
  expect(namesASite(host)).toBe(expected);
});

test("host check: no host keeps the replica from its lease, however many dots it has", () => {
  const startedAt = performance.now();
  for (const dots of ["a.".repeat(30), "a.".repeat(2_000), ".".repeat(4_000)]) {
    for (const end of ["@", " a", "a"]) namesASite(dots + end);
  }
  // A pattern that tries every way to part the name takes half a second for most of them.
  expect(performance.now() - startedAt).toBeLessThan(500);
});
