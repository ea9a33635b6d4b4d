import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
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
import { RealScheduler } from "../../src/system/real-scheduler.ts";
import { LocalState } from "../../src/system/state-medium.ts";
import { StateDirectory, StateDirectoryError } from "../../src/system/state-directory.ts";

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

function leftBehind(state: StateDirectory, told: string[] = []) {
  return [...state.leftBehind((detail) => told.push(detail))];
}

test("state directory: the record of a living process is nobody's business", async () => {
  const holder = await startHolder("alive");
  using state = await StateDirectory.open(path);
  expect(leftBehind(state)).toEqual([]);
  await kill(holder);
  expect(leftBehind(state).map(({ record }) => record)).toEqual(["alive"]);
});

test("state directory: a dead process leaves what it remembered last", async () => {
  await kill(await startHolder("first", "second"));
  using state = await StateDirectory.open(path);
  const [left] = leftBehind(state);
  expect(left?.record).toBe("second");
});

test("state directory: two starters do not both deal with the same one", async () => {
  await kill(await startHolder("once"));
  using one = await StateDirectory.open(path);
  using other = await StateDirectory.open(path);
  const [left] = leftBehind(one);
  expect(leftBehind(other)).toEqual([]);
  left?.keep();
  const [again] = leftBehind(other);
  expect(again?.record).toBe("once");
  again?.forget();
  expect(leftBehind(one)).toEqual([]);
});

test("state directory: an orderly end leaves nothing, and records are for our user only", async () => {
  const state = await StateDirectory.open(path);
  state.remember("secret");
  for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o077).toBe(0);
  state[Symbol.dispose]();
  state[Symbol.dispose]();
  expect(readdirSync(path)).toEqual([]);
});

test("state directory: a process that died before it remembered anything leaves nothing", async () => {
  await kill(await startHolder());
  const left = readdirSync(path);
  using state = await StateDirectory.open(path);
  expect(leftBehind(state)).toEqual([]);
  expect(readdirSync(path).filter((name) => left.includes(name))).toEqual([]);
});

test.each([
  { remembered: ["old"], what: "record" },
  // Its lock may be another machine's, and that process may live.
  { remembered: [], what: "process that has remembered nothing yet" },
])("state directory: a $what of another boot is left alone, and told", async ({ remembered }) => {
  await kill(await startHolder(...remembered));
  const file = readdirSync(path).find((name) => name.endsWith(".json")) ?? "";
  const text = readFileSync(join(path, file), "utf8");
  writeFileSync(join(path, file), text.replace(/"bootId":"[^"]*"/, '"bootId":"another"'));
  using state = await StateDirectory.open(path);
  const told: string[] = [];
  expect(leftBehind(state, told)).toEqual([]);
  expect(told[0]).toContain("another boot");
  expect(readdirSync(path)).toContain(file);
  expect(readdirSync(path)).toContain(file.replace(".json", ".lock"));
});

test.each(["", "{", "null", "[]", '{"bootId":1}', "\u0000"])(
  "state directory: a damaged record %j is left alone, and told",
  async (content) => {
    await kill(await startHolder("old"));
    const file = readdirSync(path).find((name) => name.endsWith(".json")) ?? "";
    writeFileSync(join(path, file), content);
    using state = await StateDirectory.open(path);
    const told: string[] = [];
    expect(leftBehind(state, told)).toEqual([]);
    expect(told).toHaveLength(1);
  },
);

test("state directory: a stranger's files stay, also those that end like ours", async () => {
  const strangers = [".lock", "yarn.lock", "yarn.json", "yarn.tmp", "x.lock"];
  for (const name of strangers) writeFileSync(join(path, name), "");
  const state = await StateDirectory.open(path);
  const told: string[] = [];
  expect(leftBehind(state, told)).toEqual([]);
  state[Symbol.dispose]();
  expect(readdirSync(path).toSorted()).toEqual(strangers.toSorted());
  expect(told).toEqual([]);
});

test.each([".lock", ".json"])(
  "state directory: a pipe for a %s file is left alone",
  async (end) => {
    const name = "00000000-0000-4000-8000-000000000000";
    writeFileSync(join(path, `${name}.lock`), "");
    rmSync(join(path, name + end), { force: true });
    expect(Bun.spawnSync(["mkfifo", join(path, name + end)]).exitCode).toBe(0);
    using state = await StateDirectory.open(path);
    const told: string[] = [];
    expect(leftBehind(state, told)).toEqual([]);
    expect(told[0]).toContain("not a regular file");
  },
);

test("state directory: a record of any size is not read", async () => {
  const name = "00000000-0000-4000-8000-000000000000";
  writeFileSync(join(path, `${name}.lock`), "");
  writeFileSync(join(path, `${name}.json`), "x".repeat(100_000));
  using state = await StateDirectory.open(path);
  const told: string[] = [];
  expect(leftBehind(state, told)).toEqual([]);
  expect(told[0]).toContain("too large");
});

test("state directory: one that cannot be made is told by its path", async () => {
  writeFileSync(join(path, "file"), "");
  const opening = StateDirectory.open(join(path, "file"));
  expect(await opening.catch((error: unknown) => error)).toBeInstanceOf(StateDirectoryError);
});

/** Files can be made, as on a full disk, but not a byte fits into them. */
class FullDisk extends LocalState {
  override replace(_file: string, temporary: string): void {
    writeFileSync(join(this.path, temporary), "");
    throw new Error("ENOSPC");
  }
}

test("state directory: a start on a full disk is told, and leaves nothing", async () => {
  const opening = StateDirectory.on(new FullDisk(path));
  expect(String(await opening.catch((error: unknown) => error))).toContain("ENOSPC");
  expect(readdirSync(path)).toEqual([]);
});

test("file lock: a lock on a file that was removed meanwhile does not count", () => {
  const file = join(path, "a.lock");
  using first = FileLock.tryLock(file, "ax");
  expect(first).toBeDefined();
  rmSync(file);
  // The path is free for a new file, and the old lock is on none that anybody looks at.
  using second = FileLock.tryLock(file, "ax");
  expect(second).toBeDefined();
  expect(FileLock.tryLock(file, "r")).toBeUndefined();
  expect(() => FileLock.tryLock(join(path, "none.lock"), "r")).toThrow("ENOENT");
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
  expect(leftBehind(other)).toEqual([]);
  one[Symbol.dispose]();
  other[Symbol.dispose]();
  expect(readdirSync(path).toSorted()).toEqual([shared, `${shared}.lock`]);
  using later = await StateDirectory.open(path);
  const told: string[] = [];
  expect([leftBehind(later, told), told]).toEqual([[], []]);
});

test("state directory: of those who change a shared file at once, each finds the others' changes", async () => {
  using stack = new DisposableStack();
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
  using state = await StateDirectory.open(path);
  using _held = FileLock.tryLock(join(path, `${shared}.lock`), "a");
  const update = sharedOf(state).update(() => Promise.resolve("x"));
  expect(await update.then(String, (error: Error) => error.message)).toEndWith(
    "is held by another process",
  );
  expect(await sharedOf(state).read()).toBeUndefined();
});

test("state directory: what a writer of a shared file left half-done goes with it", async () => {
  const state = await StateDirectory.open(path);
  state.remember("record");
  const name = readdirSync(path)
    .find((file) => file.endsWith(".lock"))
    ?.replace(".lock", "");
  writeFileSync(join(path, `${name}.shared.tmp`), "half");
  state[Symbol.dispose]();
  expect(readdirSync(path)).toEqual([]);
});

test("state directory: a shared file that is a pipe, a link or too large is an error", async () => {
  using state = await StateDirectory.open(path);
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

test("state directory: one of another user is refused", async () => {
  if (process.geteuid?.() === 0) chownSync(path, 12_345, 12_345);
  using _ = spyOn(process, "geteuid").mockReturnValue(54_321);
  const error: unknown = await StateDirectory.open(path).catch((reason: unknown) => reason);
  expect(String(error)).toContain("belongs to user");
});

test("state directory: in a copy of it nobody counts as dead", async () => {
  await startHolder("alive");
  const copy = mkdtempSync(join(tmpdir(), "election-state-copy-"));
  try {
    cpSync(path, copy, { recursive: true, preserveTimestamps: true });
    using state = await StateDirectory.open(copy);
    const told: string[] = [];
    expect(leftBehind(state, told)).toEqual([]);
    expect(told[0]).toContain("it is a copy");
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test("state directory: a lock file that was replaced says nothing of its living holder", async () => {
  const holder = await startHolder("alive");
  const lock = readdirSync(path).find((name) => name.endsWith(".lock")) ?? "";
  copyFileSync(join(path, lock), join(path, "restored"));
  renameSync(join(path, "restored"), join(path, lock));
  using state = await StateDirectory.open(path);
  const told: string[] = [];
  expect(leftBehind(state, told)).toEqual([]);
  expect(told).toHaveLength(1);
  await kill(holder);
  expect(leftBehind(state)).toEqual([]);
});

test("state directory: whoever starts while others look through it gets a lock all the same", async () => {
  await startHolder("--look");
  for (let start = 0; start < 500; start += 1) {
    const state = await StateDirectory.open(path);
    state.remember("mine");
    state[Symbol.dispose]();
  }
}, 60_000);

test("state directory: of many dead processes only those asked for are locked", async () => {
  await kill(await startHolder("one"));
  await kill(await startHolder("two"));
  using state = await StateDirectory.open(path);
  using other = await StateDirectory.open(path);
  const first = state.leftBehind(() => undefined).next().value;
  const rest = leftBehind(other).map(({ record }) => record);
  expect(new Set([first?.record, ...rest])).toEqual(new Set(["one", "two"]));
  expect(rest).toHaveLength(1);
});

test("state directory: what somebody else has dealt with meanwhile is no news", async () => {
  await kill(await startHolder("one"));
  await kill(await startHolder("two"));
  using state = await StateDirectory.open(path);
  using other = await StateDirectory.open(path);
  const told: string[] = [];
  const lefts = state.leftBehind((detail) => told.push(detail));
  lefts.next().value?.forget();
  for (const left of other.leftBehind(() => undefined)) left.forget();
  expect(lefts.next().value).toBeUndefined();
  expect(told).toEqual([]);
});

test("state directory: what cannot be removed is told, and ends nothing", async () => {
  await kill(await startHolder("dead"));
  const name = (readdirSync(path)[0] ?? "").replace(/\..*$/, "");
  mkdirSync(join(path, `${name}.tmp`));
  const state = await StateDirectory.open(path);
  const told: string[] = [];
  const [left] = leftBehind(state, told);
  left?.forget();
  expect(told[0]).toContain("cannot be removed");
  const locks = readdirSync(path).filter((file) => file.endsWith(".lock"));
  const own = locks.find((file) => !file.startsWith(name)) ?? "";
  mkdirSync(join(path, own.replace(".lock", ".tmp")));
  state[Symbol.dispose]();
});

test("state directory: one that vanishes ends nothing, and says that nothing is kept", async () => {
  const state = await StateDirectory.open(path);
  rmSync(path, { recursive: true });
  const told: string[] = [];
  expect(leftBehind(state, told)).toEqual([]);
  expect(told[0]).toContain("cannot be read");
  // One that was made anew has no lock of ours, so a record in it would be nobody's.
  mkdirSync(path);
  expect(() => state.remember("late")).toThrow("is gone");
  expect(readdirSync(path)).toEqual([]);
  state[Symbol.dispose]();
});
