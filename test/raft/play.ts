import { readFileSync } from "node:fs";
import { film, play, ScriptError } from "./player/script.ts";

/**
 * Plays a script on cores alone and prints what happened, one fact a line. With `--film` the
 * script's lines are printed too, and the facts behind a bar. The language: docs/raft-scripts.md.
 */
const words = process.argv.slice(2);
const asFilm = words.includes("--film");
const [file, ...more] = words.filter((word) => word !== "--film");
if (file === undefined || more.length > 0) {
  process.stderr.write("right is: bun test/raft/play.ts [--film] FILE, or - for standard input\n");
  process.exit(2);
}

try {
  const script = readFileSync(file === "-" ? 0 : file, "utf8");
  if (asFilm) process.stdout.write(film(script));
  else {
    for (const { facts } of play(script)) {
      for (const fact of facts) process.stdout.write(`${fact}\n`);
    }
  }
} catch (error) {
  if (!(error instanceof ScriptError) && !(error instanceof Error && "code" in error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
