import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { commandsFinding } from "../../src/cli/check/check.ts";
import {
  clockFinding,
  type ClockReading,
  kernelClocksFinding,
  wallFinding,
} from "../../src/cli/check/check-clocks.ts";
import { directoryFinding, stateFinding } from "../../src/cli/check/check-directories.ts";
import {
  boundFinding,
  expectedFailover,
  type ProbedServer,
  serverFindings,
  serviceFinding,
  shortestGrantMs,
  worstOf,
} from "../../src/coordination/zookeeper/check.ts";
import { leaseTimingOf } from "../../src/coordination/zookeeper/lease-timing.ts";
import { findingsCode, findingsText } from "../../src/cli/check/findings-text.ts";
import { failing, ok, warning } from "../../src/election/ports/finding.ts";
import type { Epoch } from "../../src/election/ports/coordinator.ts";
import type { Instant } from "../../src/base/scheduler.ts";
import { finalName } from "../../src/files/file-name.ts";
import { KernelClocks } from "../../src/system/kernel-clocks.ts";
import { RealScheduler } from "../../src/system/real-scheduler.ts";
import { type Understood, understood } from "./command-line.fixture.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync("/tmp/election-check-");
});
afterAll(() => rmSync(directory, { recursive: true }));

test("check: the exit code is that of the worst finding", () => {
  const findings = [ok("a", "good"), warning("bb", "odd"), failing("c", "bad\u001b")];
  expect(findingsCode(findings)).toBe(69);
  expect(findingsCode(findings.slice(0, 2))).toBe(4);
  expect(findingsCode(findings.slice(0, 1))).toBe(0);
  expect(findingsText(findings)).toBe(
    "ok       a   good\nwarning  bb  odd\nerror    c   bad\\u001b\n",
  );
});

function serving(server: string, grantedMs = 10_000, tickMs?: number): ProbedServer {
  const known = { version: "3.8.0", mode: "follower", tickMs };
  return { server, probe: { kind: "serves", grantedMs, openingMs: 5, latencyMs: 1.25, ...known } };
}

function failed(server: string): ProbedServer {
  return { server, probe: { kind: "fails", detail: "nobody there" } };
}

function levels(...servers: readonly ProbedServer[]): readonly string[] {
  return serverFindings(servers, 10_000).map(({ level }) => level);
}

test("check: every server is a finding, and all of them together", () => {
  const all = [serving("a"), serving("b"), serving("c")];
  expect(levels(...all)).toEqual(["ok", "ok", "ok", "ok"]);
  expect(serverFindings(all, 10_000)[0]).toEqual({
    subject: "server a",
    level: "ok",
    detail: "version 3.8.0, follower, answers in 1.3 ms, grants 10000 ms",
  });
  expect(levels(...all.slice(1), failed("a"))).toEqual(["ok", "ok", "error", "warning"]);
  expect(levels(serving("a"), failed("b"), failed("c")).at(-1)).toBe("error");
  expect(levels(failed("a"))).toEqual(["error", "error"]);
  expect(levels(serving("a")).at(-1)).toBe("warning");
  expect(levels(serving("a"), serving("b")).at(-1)).toBe("warning");
});

test("check: another session timeout than was asked for is a warning", () => {
  expect(levels(serving("a", 4000))[0]).toBe("warning");
});

test("check: the bound follows from the slowest server, and says what tick it reckons with", () => {
  const settings = { attempterTimeoutMs: 10_000, stopTimeoutMs: 8_000, dutyEndMs: 0 };
  const boundsOf = (...servers: readonly ProbedServer[]) => {
    const worst = worstOf(servers);
    return worst && expectedFailover(worst, settings);
  };
  const expected = boundsOf(serving("a", 4000, 500), serving("b", 6000, 500));
  expect(expected).toMatchObject({ sessionTimeoutMs: 6000, tickMs: 500, commitMs: 5 });
  // Two commits; 6000 + 1.5 x 500 and a commit; 1.03 x 4000 besides; and the 10 s of an attempt.
  expect(expected?.bounds.map(({ ms }) => ms)).toEqual([10, 6755, 10_875, 20_875]);
  expect(boundFinding(expected).detail).toContain("6755 ms when the leader dies");
  expect(boundFinding(boundsOf(serving("a"))).detail).toContain("taken to be 5000 ms");
  expect(boundFinding(boundsOf(failed("a"))).level).toBe("error");
});

test("check: the service is told as its records have it", () => {
  const read = { kind: "read", line: [], horizon: 9n as Epoch, readAt: 0 } as const;
  expect(serviceFinding({ ...read, leader: undefined }, "/e").detail).toBe(
    "/e: nobody leads, 0 in line",
  );
  const leader = { info: undefined, epoch: 7n as Epoch, renewedAt: 0 };
  expect(serviceFinding({ ...read, leader }, "/e").detail).toContain("leads with epoch 7");
  expect(serviceFinding({ kind: "failed", detail: "no" }, "/e").level).toBe("error");
});

const start: ClockReading = { now: 1000 as Instant, wallMs: 5000, suspendedMs: 70 };
const later = (ms: number, wallMs = ms, sleptMs = 0): ClockReading => ({
  now: (1000 + ms) as Instant,
  wallMs: 5000 + wallMs,
  suspendedMs: 70 + sleptMs,
});

test.each([
  ["together", later(1000), "tsc", "ok"],
  ["together, from an unknown source", later(1000), undefined, "ok"],
  ["with the wall clock set forward", later(1000, 1500), "tsc", "warning"],
  ["with the wall clock set back", later(1000, -5000), "tsc", "warning"],
  ["with a suspend", later(1000, 4000, 3000), "tsc", "warning"],
  ["backwards", later(-1, -1), "tsc", "warning"],
  ["by a source that loses ticks", later(1000), "jiffies", "warning"],
] as const)("check: clocks that go %s", (_, after, source, level) => {
  expect(clockFinding(start, after, source).level).toBe(level);
});

test.each([
  ["all", {}, "ok"],
  ["all but raw", { raw: Number.NaN }, "warning"],
  ["all but monotonic", { monotonic: Number.NaN }, "error"],
  ["all but boot", { boot: Number.NaN }, "error"],
  ["all, one in coarse steps", { raw: 4 }, "warning"],
] as const)("check: a kernel that tells its clocks: %s", (_, odd, level) => {
  const steps = { raw: 1e-6, monotonic: 1e-6, boot: 1e-6, ...odd };
  expect(kernelClocksFinding({ resolutionMs: (name) => steps[name] }).level).toBe(level);
});

test("check: this kernel tells its clocks", () => {
  expect(kernelClocksFinding(KernelClocks.open()).level).toBe("ok");
});

test.each([
  [0, "ok"],
  [2400, "ok"],
  [4600, "warning"],
  [-2100, "warning"],
] as const)("check: a wall clock %d ms after the leader's last renewal", (ms, level) => {
  expect(wallFinding(50_000 + ms, 50_000, 2_500).level).toBe(level);
});

test("check: without a leader the wall clock is compared with nothing, and that is said", () => {
  expect(wallFinding(0, undefined, 2_500).detail).toContain("not compared");
});

function look(path: string, horizon?: bigint) {
  return directoryFinding(path, "check-1", horizon, "/election", new RealScheduler());
}

test("check: a directory is written to and left as it was, and its fence is judged", async () => {
  const path = `${directory}/files`;
  mkdirSync(path);
  expect(await look(path, 5n)).toMatchObject({ level: "ok" });
  const newest = finalName(7n as Epoch, 1);
  await Bun.write(`${path}/${newest}`, "");
  // What a running replica is just writing is none of ours.
  await Bun.write(`${path}/.tmp-anything`, "");
  const before = readdirSync(path).toSorted();
  expect(await look(path, 7n)).toMatchObject({ level: "ok" });
  expect((await look(path)).detail).toContain("no server could be asked");
  const fenced = await look(path, 6n);
  expect(fenced.level).toBe("error");
  expect(fenced.detail).toContain(newest);
  expect(readdirSync(path).toSorted()).toEqual(before);
});

test("check: a directory that cannot be written is an error", async () => {
  expect((await look("/proc")).level).toBe("error");
  await Bun.write(`${directory}/file`, "");
  chmodSync(`${directory}/file`, 0o777);
  expect((await look(`${directory}/file`)).level).toBe("error");
  expect((await look(`${directory}/file/below`)).level).toBe("error");
});

test("check: a directory that is not there yet is not made", async () => {
  const path = `${directory}/not/yet`;
  expect(await look(path)).toMatchObject({
    level: "ok",
    detail: `${path} does not exist yet, and can be made in ${directory}`,
  });
  expect(await stateFinding(path)).toMatchObject({ level: "ok" });
  expect(existsSync(`${directory}/not`)).toBe(false);
});

test("check: a state directory that others may write to is a warning", async () => {
  const path = `${directory}/state`;
  mkdirSync(path, { mode: 0o700 });
  expect(await stateFinding(path)).toMatchObject({ level: "ok" });
  expect(readdirSync(path)).toEqual([]);
  chmodSync(path, 0o777);
  expect(await stateFinding(path)).toMatchObject({ level: "warning" });
  expect(await stateFinding(null)).toMatchObject({ level: "ok" });
});

function parse(words: readonly string[]): Promise<Understood> {
  return understood(["check", ...words]);
}

test("check: takes the options of a replica, and refuses what a replica would", async () => {
  expect(await parse(["--zk-servers=a", "--json"])).toMatchObject({ kind: "check", json: true });
  expect((await parse(["--zk-servers=a", "--leader-timeout=1"])).kind).toBe("usage-error");
  expect((await parse([])).kind).toBe("usage-error");
});

const commands = {
  execStopTimeoutMs: 2_000,
  hookTimeoutMs: 3_000,
  stopTimeoutMs: 8_000,
  onElected: null,
  onLost: null,
};

test("check: the time of commands is judged by the shortest lease that a server grants", () => {
  const servers = [serving("a"), serving("b", 4_000), failed("c")];
  expect(shortestGrantMs(servers)).toBe(4_000);
  expect(shortestGrantMs([failed("c")])).toBeUndefined();
  const hooked = { ...commands, onElected: ["work"] };
  const judged = (config: typeof commands | typeof hooked, grantedMs: number) =>
    commandsFinding(config, [], leaseTimingOf(grantedMs));
  expect(judged(hooked, 10_000)).toMatchObject({ subject: "commands", level: "ok" });
  expect(judged(hooked, 4_000).level).toBe("warning");
  expect(judged(hooked, 4_000).detail).toStartWith(
    "--exec-stop-timeout: a command gets 1.066s to end, for a session timeout of 4s is granted",
  );
  expect(judged(hooked, 200)).toMatchObject({ level: "error" });
  // Without hooks it matters to exec alone, of which check cannot know.
  expect(judged(commands, 4_000).level).toBe("ok");
  expect(judged(commands, 4_000).detail).toStartWith("for exec: --exec-stop-timeout: a command");
});
