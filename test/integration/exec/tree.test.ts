import { afterEach, beforeEach, expect, test } from "bun:test";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { later } from "../../../src/base/scheduler.ts";
import type { CommandEnd, RunningCommand } from "../../../src/exec/commands.ts";
import { SupervisedCommands } from "../../../src/exec/supervisor/supervised-commands.ts";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { FakeProcesses } from "../../fake/processes.ts";
import { binary, temporaryDirectory } from "../replica.ts";

const limitMs = 30_000;
const stopTimeoutMs = 200;
/** Nobody shall take a supervisor that is busy for one that hangs. */
const killMarginMs = 4_000;
const scheduler = new RealScheduler();
let directory: ReturnType<typeof temporaryDirectory>;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(() => {
  directory[Symbol.dispose]();
});

/** A command below a real supervisor, whose whole tree holds a lock and which says when it is ready. */
class Escapee {
  readonly running: RunningCommand;
  readonly #said: string[] = [];
  readonly #ready = Promise.withResolvers<void>();

  constructor(command: readonly string[], supervisor: readonly string[] = [binary, "supervise"]) {
    const commands = new SupervisedCommands({
      scheduler,
      // Nothing below this process may be swept away: it runs tests.
      processes: new FakeProcesses(),
      supervisor,
      command,
      environment: { PATH: process.env["PATH"], LOCK: join(directory.path, "lock") },
      lock: undefined,
      stopSignal: "SIGTERM",
      limits: () => ({ stopTimeoutMs, killMarginMs }),
      output: (_stream, line) => {
        this.#said.push(line);
        this.#ready.resolve();
      },
    });
    this.running = commands.start({
      until: later(scheduler.now(), limitMs / 2),
      environment: {},
    });
  }

  /** Lets it run until it is ready, and stops it. */
  async stop(): Promise<CommandEnd> {
    await Promise.race([this.#ready.promise, this.running.ended]);
    // Each of its processes may say so, one sooner than another.
    expect(new Set(this.#said)).toEqual(new Set(["ready"]));
    this.running.stop();
    return await this.running.ended;
  }
}

function isLocked(): boolean {
  const descriptor = openSync(join(directory.path, "lock"), "a");
  try {
    // 75 is what flock(1) is told to exit with when somebody holds it.
    const parts = ["flock", "--nonblock", "--conflict-exit-code=75", "3"];
    const { exitCode } = Bun.spawnSync(parts, {
      stdio: ["ignore", "ignore", "ignore", descriptor],
    });
    return exitCode === 75;
  } finally {
    closeSync(descriptor);
  }
}

/** Python that holds the lock with all that it forks, deaf to SIGTERM, for a few seconds. */
const deaf = `
import ctypes, fcntl, os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
lock = os.open(os.environ["LOCK"], os.O_RDWR | os.O_CREAT)
os.set_inheritable(lock, True)
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
end = time.monotonic() + 3
prctl = ctypes.CDLL(None).prctl
def ready(): os.write(1, b"ready\\n")
def wait():
    while time.monotonic() < end: time.sleep(0.05)
    open(os.environ["LOCK"] + ".outlived", "w")
`;

const escapes = {
  "gathers its orphans itself": `
prctl(36, 1, 0, 0, 0)
for orphan in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork(): os._exit(0)
        wait()
        os._exit(0)
ready()
wait()
`,
  "is called ) R 1 1 1": `
prctl(15, b") R 1 1 1 (", 0, 0, 0)
if os.fork() == 0: os.setsid()
ready()
wait()
`,
  "is stopped": `
if os.fork() == 0:
    os.setsid()
    os.write(1, b"ready\\n")
    os.kill(os.getpid(), signal.SIGSTOP)
os.kill(os.getpid(), signal.SIGSTOP)
`,
  "has closed all descriptors but its own lock": `
ready()
for number in range(256):
    if number != lock:
        try: os.close(number)
        except OSError: pass
os.setsid() if os.fork() == 0 else None
wait()
`,
  "goes on in a thread, its first one ended": `
import threading
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: wait()
    ready()
threading.Thread(target=wait).start()
# The exit of this thread alone, on x86-64 and elsewhere.
ctypes.CDLL(None).syscall(60 if os.uname().machine == "x86_64" else 93, 0)
`,
  "cannot be looked into": `
prctl(4, 0, 0, 0, 0)
if os.fork() == 0: os.setsid()
ready()
wait()
`,
} as const;

test.each(Object.entries(escapes))(
  "exec: not one process is left of a command that %s",
  async (_what, script) => {
    const end = await new Escapee(["python3", "-c", deaf + script]).stop();
    expect(isLocked()).toBe(false);
    // Nor has it been waited for until it ended by itself.
    expect(existsSync(join(directory.path, "lock.outlived"))).toBe(false);
    // A command that forks itself away has ended by itself.
    expect(["exited", "stopped"]).toContain(end.kind);
  },
  limitMs,
);

test.each([
  ["forks on and on, each time from a new process", []],
  ["forks on and on, each time into a new session", ["sessions"]],
] as const)(
  "exec: not one process is left of a command that %s",
  async (_what, parameters) => {
    const program = join(directory.path, "fork-chain");
    const source = join(import.meta.dir, "fork-chain.c");
    const { exitCode } = Bun.spawnSync(["g++", "-x", "c", "-O2", "-o", program, source]);
    expect(exitCode).toBe(0);
    // Whoever looks for them can be lucky, but not every time.
    for (let time = 1; time <= 6; time += 1) {
      await new Escapee([program, ...parameters]).stop();
      expect([time, isLocked()]).toEqual([time, false]);
    }
  },
  limitMs,
);

test("exec: a supervisor that cannot start is an outcome, and no crash", async () => {
  const missing = join(directory.path, "missing");
  const { running } = new Escapee(["true"], [missing]);
  const end = await running.ended;
  expect(end.kind).toBe("unsupervised");
});
