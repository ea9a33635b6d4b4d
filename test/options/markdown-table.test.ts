import { expect, test } from "bun:test";
import { options } from "../../src/daemon/options.ts";
import { optionsTable } from "../../src/options/markdown-table.ts";

const readme = `${import.meta.dir}/../../README.md`;
const begin = "<!-- options -->";
const end = "<!-- /options -->";

/** `UPDATE_README=1 bun test markdown-table` writes the section anew. */
test("readme: the table of the options is the one that the code makes", async () => {
  const text = await Bun.file(readme).text();
  const before = text.slice(0, text.indexOf(begin) + begin.length);
  const after = text.slice(text.indexOf(end));
  expect(text).toContain(begin);
  expect(text).toContain(end);
  const expected = `${before}\n\n${optionsTable(options)}\n\n${after}`;
  if (process.env["UPDATE_README"] === "1") await Bun.write(readme, expected);
  else expect(text).toBe(expected);
});
