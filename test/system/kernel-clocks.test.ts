import { expect, test } from "bun:test";
import { closeSync, fstatSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClockError, type ClockName, KernelClocks } from "../../src/system/kernel-clocks.ts";
import { RealScheduler } from "../../src/system/real-scheduler.ts";
import { root } from "../sources.ts";

const never = new AbortController().signal;

test("kernel clocks: the boot clock is the uptime, and every clock goes on", async () => {
  const clocks = KernelClocks.open();
  const uptimeMs = Number.parseFloat(readFileSync("/proc/uptime", "latin1")) * 1_000;
  expect(Math.abs(clocks.readMs("boot") - uptimeMs)).toBeLessThan(50);
  for (const clock of ["raw", "monotonic", "boot"] as const) {
    const before = clocks.readMs(clock);
    await Bun.sleep(50);
    expect(clocks.readMs(clock) - before).toBeWithin(40, 500);
    expect(clocks.resolutionMs(clock)).toBeWithin(0, 1);
  }
});

/** The clocks of this machine, but for those that a test replaces. */
function clocksWith(odd: Partial<Record<ClockName, (realMs: number) => number>>) {
  const clocks = KernelClocks.open();
  return {
    readMs: (clock: ClockName): number => (odd[clock] ?? ((ms) => ms))(clocks.readMs(clock)),
  };
}

test("real scheduler: time is the raw clock's, and suspends are told by the others", () => {
  const scheduler = new RealScheduler(clocksWith({ raw: (ms) => ms * 2 }));
  const clocks = KernelClocks.open();
  expect(scheduler.slewShare).toBe(0);
  expect(Math.abs(scheduler.now() - 2 * clocks.readMs("raw"))).toBeLessThan(100);
  const apartMs = clocks.readMs("boot") - clocks.readMs("monotonic");
  expect(Math.abs(scheduler.suspendedMs() - apartMs)).toBeLessThan(10);
});

test("real scheduler: without a raw clock the monotonic one is allowed to be slewed", () => {
  const scheduler = new RealScheduler(clocksWith({ raw: () => Number.NaN }));
  expect(scheduler.slewShare).toBe(0.1);
  expect(Math.abs(scheduler.now() - KernelClocks.open().readMs("monotonic"))).toBeLessThan(100);
});

test.each(["boot", "monotonic"] as const)(
  "real scheduler: without the %s clock nothing is begun",
  (clock) => {
    const clocks = clocksWith({ [clock]: () => Number.NaN });
    expect(() => new RealScheduler(clocks)).toThrow(ClockError);
  },
);

test("real scheduler: a boot clock that is lost later counts as a suspend, and the raw one ends us", () => {
  let lost = false;
  const lose = (ms: number): number => (lost ? Number.NaN : ms);
  const scheduler = new RealScheduler(clocksWith({ boot: lose }));
  const other = new RealScheduler(clocksWith({ raw: lose }));
  lost = true;
  expect(scheduler.suspendedMs()).toBeNaN();
  expect(() => other.now()).toThrow(ClockError);
});

test("real scheduler: a pause between two readings is not taken for a suspend", () => {
  const clocks = KernelClocks.open();
  const expected = clocks.readMs("boot") - clocks.readMs("monotonic");
  let pauses = 3;
  const held = (ms: number): number => {
    if (pauses > 0) Bun.sleepSync(20);
    pauses -= 1;
    return ms;
  };
  const scheduler = new RealScheduler(clocksWith({ boot: held }));
  pauses = 3;
  expect(Math.abs(scheduler.suspendedMs() - expected)).toBeLessThan(5);
});

test.each([0.9, 1.1])(
  "real scheduler: a sleep ends in time by a raw clock of rate %d",
  async (rate) => {
    const scheduler = new RealScheduler(clocksWith({ raw: (ms) => ms * rate }));
    const startedAt = scheduler.now();
    await scheduler.sleep(1_200, never);
    expect(scheduler.now() - startedAt).toBeWithin(1_200, 1_300);
  },
);

/** Source: PR_SET_MDWE of prctl(2), which is inherited; where the kernel is older, no compiler. */
const denyWriteExecute = `
  const { dlopen } = require("bun:ffi");
  const { prctl } = dlopen("libc.so.6", {
    prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  }).symbols;
  if (prctl(65, 1n, 0n, 0n, 0n) !== 0) process.env.BUN_JSC_useJIT = "0";
  const child = Bun.spawnSync(process.argv.slice(1), { stdio: ["ignore", "inherit", "inherit"] });
  process.exit(child.exitCode);
`;

/** Runs the program where the runtime may not compile. */
async function runDenied(words: readonly string[]) {
  const ours = [process.execPath, join(root, "src/main.ts"), ...words];
  const child = Bun.spawn([process.execPath, "-e", denyWriteExecute, ...ours], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = await new Response(child.stdout).text();
  const errors = await new Response(child.stderr).text();
  return { output, errors, code: await child.exited };
}

const nobody = "--zk-servers=127.0.0.1:1";
const setting = "must not set MemoryDenyWriteExecute=yes";

test.each([[["run", nobody]], [["exec", nobody, "--", "true"]], [["supervise"]]])(
  "kernel clocks: where the runtime may not compile, %j is refused, with the unit's setting named",
  async (words) => {
    const { errors, code } = await runDenied(words);
    expect(errors).toStartWith("election: the kernel's clocks cannot be read");
    expect(errors).toContain(setting);
    expect(code).toBe(2);
  },
);

test.each([
  [["status", "--http-address=127.0.0.1:1"]],
  [["history", "--http-address=127.0.0.1:1"]],
  [["step-down", "--http-address=127.0.0.1:1"]],
])("kernel clocks: where the runtime may not compile, %j works all the same", async (words) => {
  const { errors, code } = await runDenied(words);
  expect(errors).not.toContain("clocks");
  expect(code).toBe(69);
});

test("kernel clocks: where the runtime may not compile, check has it as an error", async () => {
  const text = await runDenied(["check", nobody]);
  expect(text.output).toMatch(/^error +kernel clocks .*must not set MemoryDenyWriteExecute=yes$/m);
  expect(text.code).toBe(69);
  const json = await runDenied(["check", nobody, "--json"]);
  expect(JSON.parse(json.output)).toMatchObject({
    findings: expect.arrayContaining([
      { subject: "kernel clocks", level: "error", detail: expect.stringContaining(setting) },
    ]),
  });
});

test("kernel clocks: the refusal has the journal's level", async () => {
  const journal = join(tmpdir(), `journal-${process.pid}`);
  const descriptor = openSync(journal, "w");
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    const ours = [process.execPath, join(root, "src/main.ts"), "run", nobody];
    const child = Bun.spawn([process.execPath, "-e", denyWriteExecute, ...ours], {
      stdio: ["ignore", "ignore", descriptor],
      env: { ...process.env, JOURNAL_STREAM: `${dev}:${ino}` },
    });
    expect(await child.exited).toBe(2);
    expect(readFileSync(journal, "utf8")).toStartWith("<3>election: the kernel's clocks");
  } finally {
    closeSync(descriptor);
    rmSync(journal);
  }
});
