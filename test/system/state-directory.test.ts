import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileLock } from "../../src/system/file-lock.ts";
import type { LeftBehind } from "../../src/election/ports/crash-records.ts";
import { RealScheduler } from "../../src/system/real-scheduler.ts";
import { StateDirectory, StateDirectoryError } from "../../src/system/state-directory.ts";
import { SmallFileSystem } from "../disk/small-file-system.ts";

const fixture = join(import.meta.dir, "state-holder.fixture.ts");
/** What a test that failed may have left running. */
const started: Bun.Subprocess[] = [];
let path = "";

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "election-state-"));
});

afterEach(async () => {
  for (const process of started.splice(0)) await kill(process);
  rmSync(path, { recursive: true, force: true });
});

/** Another process that has remembered `records`, one after the other. */
async function startHolder(...records: readonly string[]): Promise<Bun.Subprocess> {
  const command = [process.execPath, fixture, path, ...records];
  const holder = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  started.push(holder);
  const { value } = await holder.stdout.getReader().read();
  if (value === undefined) throw new Error("the holder did not start");
  return holder;
}

async function kill(holder: Bun.Subprocess): Promise<void> {
  holder.kill("SIGKILL");
  await holder.exited;
}

async function leftBehind(state: StateDirectory, told: string[] = []): Promise<LeftBehind[]> {
  const { first, next } = await state.leftBehind((detail) => told.push(detail));
  const all = [...first];
  for (let one = await next(); one !== undefined; one = await next()) all.push(one);
  return all;
}

test("state directory: I1: the record of a living process is nobody's business", async () => {
  const holder = await startHolder("alive");
  await using state = await StateDirectory.open(path);
  expect(await leftBehind(state)).toEqual([]);
  await kill(holder);
  expect((await leftBehind(state)).map(({ record }) => record)).toEqual(["alive"]);
});

test("state directory: a dead process leaves what it remembered last", async () => {
  await kill(await startHolder("first", "second"));
  await using state = await StateDirectory.open(path);
  const [left] = await leftBehind(state);
  expect(left?.record).toBe("second");
});

test("state directory: I1: two starters do not both deal with the same one", async () => {
  await kill(await startHolder("once"));
  await using one = await StateDirectory.open(path);
  await using other = await StateDirectory.open(path);
  const [left] = await leftBehind(one);
  expect(await leftBehind(other)).toEqual([]);
  left?.keep();
  const [again] = await leftBehind(other);
  expect(again?.record).toBe("once");
  await again?.forget();
  expect(await leftBehind(one)).toEqual([]);
});

test("state directory: an orderly end leaves nothing, and records are for our user only", async () => {
  const state = await StateDirectory.open(path);
  await state.remember("secret");
  for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o077).toBe(0);
  await state[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
  expect(readdirSync(path)).toEqual([]);
});

test("state directory: a process that died before it remembered anything leaves nothing", async () => {
  await kill(await startHolder());
  const left = readdirSync(path);
  await using state = await StateDirectory.open(path);
  expect(await leftBehind(state)).toEqual([]);
  expect(readdirSync(path).filter((name) => left.includes(name))).toEqual([]);
});

test.each([
  { remembered: ["old"], what: "record" },
  // Its lock may be another machine's, and that process may live.
  { remembered: [], what: "process that has remembered nothing yet" },
])(
  "state directory: I3: a $what of another boot is left alone, and told",
  async ({ remembered }) => {
    await kill(await startHolder(...remembered));
    const file = readdirSync(path).find((name) => name.endsWith(".json")) ?? "";
    const text = readFileSync(join(path, file), "utf8");
    writeFileSync(join(path, file), text.replace(/"bootId":"[^"]*"/, '"bootId":"another"'));
    await using state = await StateDirectory.open(path);
    const told: string[] = [];
    expect(await leftBehind(state, told)).toEqual([]);
    expect(told[0]).toContain("another boot");
    expect(readdirSync(path)).toContain(file);
    expect(readdirSync(path)).toContain(file.replace(".json", ".lock"));
  },
);

test.each(["", "{", "null", "[]", '{"bootId":1}', "\u0000"])(
  "state directory: a damaged record %j is left alone, and told",
  async (content) => {
    await kill(await startHolder("old"));
    const file = readdirSync(path).find((name) => name.endsWith(".json")) ?? "";
    writeFileSync(join(path, file), content);
    await using state = await StateDirectory.open(path);
    const told: string[] = [];
    expect(await leftBehind(state, told)).toEqual([]);
    expect(told).toHaveLength(1);
  },
);

test("state directory: a stranger's files stay, also those that end like ours", async () => {
  const strangers = [".lock", "yarn.lock", "yarn.json", "yarn.tmp", "x.lock"];
  for (const name of strangers) writeFileSync(join(path, name), "");
  const state = await StateDirectory.open(path);
  const told: string[] = [];
  expect(await leftBehind(state, told)).toEqual([]);
  await state[Symbol.asyncDispose]();
  expect(readdirSync(path).toSorted()).toEqual(strangers.toSorted());
  expect(told).toEqual([]);
});

test.each([
  { what: "pipe", end: ".lock" },
  { what: "pipe", end: ".json" },
  { what: "link", end: ".lock" },
  { what: "link", end: ".json" },
])("state directory: a $what for a $end file is left alone", async ({ what, end }) => {
  const name = "00000000-0000-4000-8000-000000000000";
  writeFileSync(join(path, `${name}.lock`), "");
  const stranger = join(path, name + end);
  rmSync(stranger, { force: true });
  if (what === "link") symlinkSync("/etc/passwd", stranger);
  else expect(Bun.spawnSync(["mkfifo", stranger]).exitCode).toBe(0);
  await using state = await StateDirectory.open(path);
  const told: string[] = [];
  expect(await leftBehind(state, told)).toEqual([]);
  expect(told[0]).toContain("not a regular file");
});

test("state directory: a record of any size is not read", async () => {
  const name = "00000000-0000-4000-8000-000000000000";
  writeFileSync(join(path, `${name}.lock`), "");
  writeFileSync(join(path, `${name}.json`), "x".repeat(100_000));
  await using state = await StateDirectory.open(path);
  const told: string[] = [];
  expect(await leftBehind(state, told)).toEqual([]);
  expect(told[0]).toContain("too large");
});

test("state directory: one that cannot be made is told by its path", async () => {
  writeFileSync(join(path, "file"), "");
  const opening = StateDirectory.open(join(path, "file"));
  expect(await opening.catch((error: unknown) => error)).toBeInstanceOf(StateDirectoryError);
});

test("state directory: a start on a full disk is told, and leaves nothing", async () => {
  using small = new SmallFileSystem();
  const full = join(small.path, "state");
  mkdirSync(full, { mode: 0o700 });
  // Files can be made, but not a byte fits into them.
  small.fill();
  const opening = StateDirectory.open(full);
  expect(String(await opening.catch((error: unknown) => error))).toContain("ENOSPC");
  expect(readdirSync(full)).toEqual([]);
});

test("state directory: one that others may write to is refused", async () => {
  chmodSync(path, 0o777);
  const error: unknown = await StateDirectory.open(path).catch((reason: unknown) => reason);
  expect(String(error)).toContain("others may write to it");
});

const shared = "list.history";
const sharedOf = (state: StateDirectory) => state.sharedFile(shared, new RealScheduler());

test("state directory: a shared file outlives its writers, and is nothing left behind", async () => {
  const one = await StateDirectory.open(path);
  const other = await StateDirectory.open(path);
  expect(await sharedOf(one).read()).toBeUndefined();
  await sharedOf(one).update(() => Promise.resolve("first"));
  await sharedOf(other).update(async (read) => `${await read()} second`);
  expect(await sharedOf(one).read()).toBe("first second");
  expect(statSync(join(path, shared)).mode & 0o077).toBe(0);
  expect(await leftBehind(other)).toEqual([]);
  await one[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  expect(readdirSync(path).toSorted()).toEqual([shared, `${shared}.lock`]);
  await using later = await StateDirectory.open(path);
  const told: string[] = [];
  expect([await leftBehind(later, told), told]).toEqual([[], []]);
});

test("state directory: of those who change a shared file at once, each finds the others' changes", async () => {
  await using stack = new AsyncDisposableStack();
  const writers: StateDirectory[] = [];
  for (let count = 0; count < 5; count += 1) {
    writers.push(stack.use(await StateDirectory.open(path)));
  }
  const add = (state: StateDirectory): Promise<void> =>
    sharedOf(state).update(async (read) => `${(await read()) ?? ""}x`);
  await Promise.all(writers.flatMap((state) => [add(state), add(state)]));
  const [first] = writers;
  expect(first && (await sharedOf(first).read())).toBe("x".repeat(10));
});

test("state directory: a shared file whose lock is held too long is left as it is", async () => {
  await using state = await StateDirectory.open(path);
  using _held = FileLock.tryLock(join(path, `${shared}.lock`), "either");
  const update = sharedOf(state).update(() => Promise.resolve("x"));
  expect(await update.then(String, (error: Error) => error.message)).toEndWith(
    "is held by another process",
  );
  expect(await sharedOf(state).read()).toBeUndefined();
});

test("state directory: what a writer of a shared file left half-done goes with it", async () => {
  const state = await StateDirectory.open(path);
  await state.remember("record");
  const name = readdirSync(path)
    .find((file) => file.endsWith(".lock"))
    ?.replace(".lock", "");
  writeFileSync(join(path, `${name}.shared.tmp`), "half");
  await state[Symbol.asyncDispose]();
  expect(readdirSync(path)).toEqual([]);
});

test("state directory: a shared file that is a pipe, a link or too large is an error", async () => {
  await using state = await StateDirectory.open(path);
  const reading = async (): Promise<string> =>
    await sharedOf(state)
      .read()
      .then(String, (error: Error) => error.message);
  const file = join(path, shared);
  Bun.spawnSync(["mkfifo", file]);
  expect(await reading()).toEndWith("is not a regular file");
  rmSync(file);
  symlinkSync("/etc/passwd", file);
  expect(await reading()).toEndWith("is not a regular file");
  rmSync(file);
  writeFileSync(file, "x".repeat(300_000));
  expect(await reading()).toEndWith("is too large");
});

test("state directory: a shared file replaces a link in its place, and locks none", async () => {
  const target = join(path, "target");
  await using state = await StateDirectory.open(path);
  symlinkSync(target, join(path, shared));
  await sharedOf(state).update(() => Promise.resolve("ours"));
  expect(await sharedOf(state).read()).toBe("ours");
  rmSync(join(path, `${shared}.lock`));
  symlinkSync(target, join(path, `${shared}.lock`));
  const updating = sharedOf(state).update(() => Promise.resolve("more"));
  expect(await updating.then(String, String)).toContain("not a regular file");
  expect(existsSync(target)).toBe(false);
});

test("state directory: one of another user is refused", async () => {
  if (process.geteuid?.() === 0) chownSync(path, 12_345, 12_345);
  using _ = spyOn(process, "geteuid").mockReturnValue(54_321);
  const error: unknown = await StateDirectory.open(path).catch((reason: unknown) => reason);
  expect(String(error)).toContain("belongs to user");
});

test("state directory: I3: in a copy of it nobody counts as dead", async () => {
  await startHolder("alive");
  const copy = mkdtempSync(join(tmpdir(), "election-state-copy-"));
  try {
    cpSync(path, copy, { recursive: true, preserveTimestamps: true });
    await using state = await StateDirectory.open(copy);
    const told: string[] = [];
    expect(await leftBehind(state, told)).toEqual([]);
    expect(told[0]).toContain("it is a copy");
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test("state directory: I3: a lock file that was replaced says nothing of its living holder", async () => {
  const holder = await startHolder("alive");
  const lock = readdirSync(path).find((name) => name.endsWith(".lock")) ?? "";
  copyFileSync(join(path, lock), join(path, "restored"));
  renameSync(join(path, "restored"), join(path, lock));
  await using state = await StateDirectory.open(path);
  const told: string[] = [];
  expect(await leftBehind(state, told)).toEqual([]);
  expect(told).toHaveLength(1);
  await kill(holder);
  expect(await leftBehind(state)).toEqual([]);
});

test("state directory: whoever starts while others look through it gets a lock all the same", async () => {
  await startHolder("--look");
  for (let start = 0; start < 500; start += 1) {
    const state = await StateDirectory.open(path);
    await state.remember("mine");
    await state[Symbol.asyncDispose]();
  }
}, 60_000);

/** Ten dead processes. */
const ten = Array.from({ length: 10 }, (_, index) => `record ${index}`);

test("state directory: of many dead processes only the first few are held", async () => {
  await kill(await startHolder("--each", ...ten));
  await using state = await StateDirectory.open(path);
  await using other = await StateDirectory.open(path);
  const { first, next } = await state.leftBehind(() => undefined);
  expect(first).toHaveLength(8);
  const rest = await leftBehind(other);
  expect(new Set([...first, ...rest].map(({ record }) => record))).toEqual(new Set(ten));
  for (const one of rest) one.keep();
  expect(await Promise.all([next(), next(), next()])).toEqual([
    expect.anything(),
    expect.anything(),
    undefined,
  ]);
  expect(await leftBehind(other)).toEqual([]);
});

test("state directory: what somebody else has dealt with meanwhile is no news", async () => {
  await kill(await startHolder("--each", ...ten));
  await using state = await StateDirectory.open(path);
  await using other = await StateDirectory.open(path);
  const told: string[] = [];
  const { first, next } = await state.leftBehind((detail) => told.push(detail));
  for (const left of first) await left.forget();
  for (const left of await leftBehind(other)) await left.forget();
  expect(await next()).toBeUndefined();
  expect(told).toEqual([]);
});

test("state directory: what cannot be removed is told, and ends nothing", async () => {
  await kill(await startHolder("dead"));
  const name = (readdirSync(path)[0] ?? "").replace(/\..*$/, "");
  mkdirSync(join(path, `${name}.tmp`));
  const state = await StateDirectory.open(path);
  const told: string[] = [];
  const [left] = await leftBehind(state, told);
  await left?.forget();
  expect(told[0]).toContain("cannot be removed");
  const locks = readdirSync(path).filter((file) => file.endsWith(".lock"));
  const own = locks.find((file) => !file.startsWith(name)) ?? "";
  mkdirSync(join(path, own.replace(".lock", ".tmp")));
  await state[Symbol.asyncDispose]();
});

test("state directory: one that vanishes ends nothing, and says that nothing is kept", async () => {
  const state = await StateDirectory.open(path);
  rmSync(path, { recursive: true });
  const told: string[] = [];
  expect(await leftBehind(state, told)).toEqual([]);
  expect(told[0]).toContain("cannot be read");
  // One that was made anew has no lock of ours, so a record in it would be nobody's.
  mkdirSync(path);
  expect(state.remember("late")).rejects.toThrow("is gone");
  expect(readdirSync(path)).toEqual([]);
  await state[Symbol.asyncDispose]();
});
