import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../../bench/free-port.ts";
import { binary, temporaryDirectory } from "../replica.ts";

let directory: ReturnType<typeof temporaryDirectory>;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(() => {
  directory[Symbol.dispose]();
});

/** Runs the program with a file for its journal, and gives its exit code and the lines. */
function runWithJournal(...parts: readonly string[]) {
  const journal = join(directory.path, "journal");
  writeFileSync(journal, "");
  const { dev, ino } = statSync(journal);
  const { exitCode } = Bun.spawnSync([binary, ...parts], {
    stderr: Bun.file(journal),
    env: { PATH: process.env["PATH"] ?? "", JOURNAL_STREAM: `${dev}:${ino}` },
    cwd: directory.path,
  });
  return { exitCode, lines: readFileSync(journal, "utf8").trimEnd().split("\n") };
}

test("journal: bad usage is an error there, each problem a line", () => {
  const { exitCode, lines } = runWithJournal("--zk-servers=a", "--zk-path=b", "--log-level=c");
  expect(exitCode).toBe(2);
  expect(lines.map((line) => line.slice(0, 14))).toEqual(["<3>election: -", "<3>election: -"]);
});

test("journal: a replica's lines have the level that they name", () => {
  const { exitCode, lines } = runWithJournal(
    `--zk-servers=127.0.0.1:${freePort()}`,
    `--file-dir=${directory.path}`,
    "--failover-attempts-count=1",
    "--failover-timeout=1ms",
  );
  expect(exitCode).toBe(69);
  const levels = lines.map((line) => {
    const [, priority, json = ""] = /^<(\d)>(\{.*\})$/.exec(line) ?? [];
    return `${priority} ${(JSON.parse(json) as { level: string }).level}`;
  });
  expect([...new Set(levels)].toSorted()).toEqual(["3 error", "4 warn", "6 info"]);
});
