import { afterEach, beforeEach, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const program = join(import.meta.dir, "../../src/main.ts");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync("/tmp/election-print-");
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Runs the program with both outputs appended to a file that holds a line; what it holds then. */
async function appended(...words: readonly string[]): Promise<string> {
  const path = join(directory, "output");
  writeFileSync(path, "an older line\n");
  const file = openSync(path, "a");
  const child = Bun.spawn([process.execPath, program, ...words], {
    cwd: directory,
    stdout: file,
    stderr: file,
  });
  await child.exited;
  closeSync(file);
  return readFileSync(path, "utf8");
}

test("print: what is said is appended to a file", async () => {
  expect(await appended("--version")).toMatch(/^an older line\nelection \S+\n$/);
  expect(await appended("--frobnicate")).toMatch(/^an older line\nelection: unknown flag/);
});

test("print: release with nothing to say leaves a file as it is", async () => {
  const words = ["release", "--zk-servers=127.0.0.1:1", `--state-dir=${directory}`];
  expect(await appended(...words)).toBe("an older line\n");
});

test("print: history without problems leaves a file as it is", async () => {
  const status = { state: "Attempter", replica: { replica: "a" }, transitions: [] };
  const path = join(directory, "socket");
  using _server = Bun.serve({ unix: path, fetch: () => Response.json(status) });
  const told = "No leadership is remembered.\n";
  expect(await appended("history", `unix:${path}`)).toBe(`an older line\n${told}`);
});

test("print: a reader that is gone is no error", async () => {
  const script = 'exec 3> >(exit); wait $!; "$0" "$1" --version >&3';
  const child = Bun.spawn(["bash", "-c", script, process.execPath, program], {
    stdout: "ignore",
    stderr: "pipe",
  });
  expect(await child.stderr.text()).toBe("");
  expect(await child.exited).toBe(0);
});
