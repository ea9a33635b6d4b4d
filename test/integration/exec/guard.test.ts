import { afterEach, beforeEach, expect, test } from "bun:test";
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../sources.ts";
import { binary, temporaryDirectory } from "../replica.ts";

const limitMs = 60_000;
let directory: ReturnType<typeof temporaryDirectory>;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(() => {
  directory[Symbol.dispose]();
});

/** Holds a lock with all that it forks, deaf to SIGTERM, and says so in a file. */
const deaf = `
import ctypes, fcntl, os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
lock = os.open(os.environ["LOCK"], os.O_RDWR | os.O_CREAT)
os.set_inheritable(lock, True)
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
def ready(): open(os.environ["LOCK"] + ".ready", "w").write(str(os.getpid()))
`;
const forever = "\ntime.sleep(60)\n";
/** Its children are in sessions of their own, and have lost their parent. */
const scattered = `
for orphan in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork(): os._exit(0)
        time.sleep(60)
`;

/** Runs a command below a supervisor that this process starts as a daemon would. */
function runBelow(supervisor: readonly string[], script: string) {
  const fixture = join(import.meta.dir, "daemon.fixture.ts");
  const order = {
    supervisor,
    command: ["python3", "-c", deaf + script],
    environment: {
      PATH: process.env["PATH"],
      LOCK: join(directory.path, "lock"),
      PLANT: join(directory.path, "plant"),
    },
  };
  return Bun.spawn([process.execPath, fixture, JSON.stringify(order)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  });
}

async function until(condition: () => boolean, withinMs: number): Promise<boolean> {
  for (const end = performance.now() + withinMs; performance.now() < end; await Bun.sleep(10)) {
    if (condition()) return true;
  }
  return condition();
}

const isReady = (): boolean => existsSync(join(directory.path, "lock.ready"));

function isLocked(): boolean {
  const file = join(directory.path, "lock");
  const parts = ["flock", "--nonblock", "--conflict-exit-code=75", file, "true"];
  return Bun.spawnSync(parts).exitCode === 75;
}

test(
  "exec: the command dies with daemon and supervisor that are killed at one instant",
  async () => {
    const daemon = runBelow([binary, "supervise"], `ready()${forever}`);
    expect(await until(isReady, 10_000)).toBe(true);
    const main = Number(readFileSync(join(directory.path, "lock.ready"), "latin1"));
    const stat = readFileSync(`/proc/${main}/stat`, "latin1");
    const supervisor = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    expect(isLocked()).toBe(true);
    // So that neither does anything about the other's death.
    for (const pid of [daemon.pid, supervisor]) process.kill(pid, "SIGSTOP");
    for (const pid of [daemon.pid, supervisor]) process.kill(pid, "SIGKILL");
    expect(await until(() => !isLocked(), 1_000)).toBe(true);
    await daemon.exited;
  },
  limitMs,
);

test(
  "exec: not one process is left where /proc has gone since the start",
  async () => {
    const hide = `
if ctypes.CDLL(None).mount(b"none", b"/proc", b"tmpfs", 0, None) != 0: os._exit(9)
${scattered}
ready()${forever}`;
    const daemon = runBelow(["unshare", "--mount", binary, "supervise"], hide);
    expect(await until(isReady, 10_000)).toBe(true);
    expect(isLocked()).toBe(true);
    await daemon.stdin.end();
    // Where numbers go high it takes a second to look through them.
    expect(await until(() => !isLocked(), 15_000)).toBe(true);
    expect(await new Response(daemon.stdout).text()).toContain('"stopped"');
  },
  limitMs,
);

test(
  "exec: a chain of sessions dies in time where /proc has gone since the start",
  async () => {
    const chain = `
if ctypes.CDLL(None).mount(b"none", b"/proc", b"tmpfs", 0, None) != 0: os._exit(9)
def link(left):
    if os.fork() == 0:
        os.setsid()
        if left: link(left - 1)
        else: ready()
        time.sleep(60)
        os._exit(0)
link(3)${forever}`;
    const daemon = runBelow(["unshare", "--mount", binary, "supervise"], chain);
    expect(await until(isReady, 10_000)).toBe(true);
    await daemon.stdin.end();
    // It is deaf for its 500 ms; a lease is of 2.6 s at least.
    expect(await until(() => !isLocked(), 2_000)).toBe(true);
    expect(await new Response(daemon.stdout).text()).toContain('"stopped"');
  },
  limitMs,
);

test(
  "exec: a daemon without /proc sweeps a chain of sessions away, and others run meanwhile",
  async () => {
    const chain = `
import ctypes, os, time
if ctypes.CDLL(None).mount(b"none", b"/proc", b"tmpfs", 0, None) != 0: os._exit(9)
def link(left):
    if os.fork() == 0:
        os.setsid()
        if left: link(left - 1)
        else: os.write(1, b"ready")
        time.sleep(60)
        os._exit(0)
link(3)
time.sleep(60)`;
    const fixture = join(import.meta.dir, "sweep.fixture.ts");
    const words = ["unshare", "--mount", process.execPath, fixture, chain];
    const daemon = Bun.spawn(words, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    const told: unknown = JSON.parse(await new Response(daemon.stdout).text());
    expect(told).toMatchObject({ inherited: true });
    const { longestMs, sweptMs } = told as { longestMs: number; sweptMs: number };
    expect(longestMs).toBeLessThan(300);
    expect(sweptMs).toBeLessThan(1_500);
  },
  limitMs,
);

/** The code that runs in a supervisor's process. */
const planted = ["src/cli/run/supervise.ts", "src/exec/supervisor/supervisor.ts"] as const;
const awaits = planted.flatMap((file) => {
  const code = readFileSync(join(root, file), "utf8").replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, "");
  return [...code.matchAll(/\bawait\b/g)].map((_, index) => [file, index] as const);
});

test("exec: a supervisor waits at some places, so that there is something to plant", () => {
  expect(awaits.length).toBeGreaterThan(8);
});

/** Plants an error at one `await` of a copy of the program: it is thrown once PLANT is there. */
function plant(source: string, place: number): string {
  let count = -1;
  const code = source.replaceAll(
    /^\s*(?:\*|\/\/|\/\*).*$|\bfor await \(const (\w+) of (.+?)\) |\bawait\b/gm,
    (text, name?: string, iterable?: string) => {
      if (!text.includes("await") || /^\s*(\*|\/\/|\/\*)/.test(text)) return text;
      count += 1;
      if (count !== place) return text;
      if (name !== undefined) return `for await (const ${name} of plantedIn(${iterable})) `;
      return "planted() || await";
    },
  );
  expect(count).toBeGreaterThanOrEqual(place);
  return `${code}
function planted() {
  if (require("node:fs").existsSync(process.env.PLANT)) throw new Error("planted");
  return false;
}
async function* plantedIn(items) {
  for await (const item of items) {
    planted();
    yield item;
  }
}
`;
}

test.each(awaits)(
  "exec: an error in the supervisor leaves nothing of the command: %s, await %d",
  async (file, place) => {
    for (const part of ["src", "package.json"]) {
      cpSync(join(root, part), join(directory.path, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(directory.path, "node_modules"));
    const source = readFileSync(join(root, file), "utf8");
    writeFileSync(join(directory.path, file), plant(source, place));
    const supervisor = [process.execPath, join(directory.path, "src/main.ts"), "supervise"];
    const daemon = runBelow(supervisor, `${scattered}\nready()${forever}`);
    expect(await until(isReady, 10_000)).toBe(true);
    expect(isLocked()).toBe(true);
    writeFileSync(join(directory.path, "plant"), "");
    // It hears of a renewal, and a moment later that it is to stop.
    await daemon.stdin.write("extend\n");
    await Bun.sleep(300);
    await daemon.stdin.end();
    expect(await until(() => !isLocked(), 10_000)).toBe(true);
    await daemon.exited;
  },
  limitMs,
);
