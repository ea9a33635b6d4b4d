import { expect, test } from "bun:test";
import { defaultDirectory } from "../../src/files/default-directory.ts";

test.each([
  ["/election", "/tmp/election/election"],
  ["/a/b/c", "/tmp/election/a%2Fb%2Fc"],
  ["/a%2Fb", "/tmp/election/a%252Fb"],
  ["/..", "/tmp/election/%2E%2E"],
  ["/.hidden", "/tmp/election/.hidden"],
  ["/ä b", "/tmp/election/%C3%A4%20b"],
])("default directory: that of %s is %s", (place, directory) => {
  expect(defaultDirectory.of(place)).toBe(directory);
});

test("default directory: long paths that differ at their ends only have one each, that can be made", () => {
  const places = ["a", "b"].map((end) => `/${"ü".repeat(500)}${end}`);
  const directories = places.map((place) => defaultDirectory.of(place));
  expect(new Set(directories).size).toBe(2);
  for (const directory of directories) expect(directory.length).toBeLessThan(255);
});
