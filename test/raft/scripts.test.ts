import { expect, test } from "bun:test";
import { Glob } from "bun";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { film } from "./player/script.ts";

const directory = join(import.meta.dir, "scripts");
const files = [...new Glob("**/*.txt").scanSync({ cwd: directory })].toSorted();

// UPDATE=1 bun test test/raft rewrites what happened; the difference is to be read.
test.each(files)("scripts: %s happens as it is written", (file) => {
  const path = join(directory, file);
  const script = readFileSync(path, "utf8");
  const played = film(script);
  if (Bun.env["UPDATE"] === "1") writeFileSync(path, played);
  else expect(script).toBe(played);
});
