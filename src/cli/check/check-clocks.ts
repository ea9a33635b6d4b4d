import { readFileSync } from "node:fs";
import type { Instant, Scheduler } from "../../base/scheduler.ts";
import { failing, type Finding, milliseconds, ok, warning } from "../../election/ports/finding.ts";
import { ClockError, type ClockName, KernelClocks } from "../../system/kernel-clocks.ts";

/** What every clock said at one moment. */
export interface ClockReading {
  readonly now: Instant;
  readonly wallMs: number;
  readonly suspendedMs: number;
}

/** Clocks of the kernel that lose ticks on a busy machine. */
const coarseSources: readonly string[] = ["jiffies", "refined-jiffies"];
/** A lease of the shortest session is a few hundred milliseconds. */
const coarsestMs = 1;
/** Two readings may differ by this much, and the wall clock may be slewed by this share. */
const toleranceMs = 100;
const toleranceShare = 0.01;
/** How far off a wall clock is not worth a word. */
const wallToleranceMs = 2_000;

export function readClocks(scheduler: Scheduler): ClockReading {
  return {
    now: scheduler.now(),
    wallMs: scheduler.wallClock().getTime(),
    suspendedMs: scheduler.suspendedMs(),
  };
}

/** As kernelClocksFinding says; an error too where they cannot be asked: a replica is refused. */
export function openedClocksFinding(): Finding {
  try {
    return kernelClocksFinding(KernelClocks.open());
  } catch (error) {
    if (!(error instanceof ClockError)) throw error;
    return failing("kernel clocks", error.message);
  }
}

/**
 * Whether the kernel tells the clocks that leases and suspends are read off, and in steps that are
 * small enough.
 */
export function kernelClocksFinding(clocks: Pick<KernelClocks, "resolutionMs">): Finding {
  const subject = "kernel clocks";
  const names: readonly ClockName[] = ["raw", "monotonic", "boot"];
  const steps = names.map((name) => ({ name, ms: clocks.resolutionMs(name) }));
  const missing = steps.filter(({ ms }) => !Number.isFinite(ms)).map(({ name }) => name);
  if (missing.includes("monotonic") || missing.includes("boot")) {
    const detail = `${missing.join(" and ")} not there; allow clock_gettime(2) with every clock`;
    return failing(subject, detail);
  }
  const coarse = steps.find(({ ms }) => ms > coarsestMs);
  if (coarse !== undefined) {
    const detail = `${coarse.name} goes in steps of ${milliseconds(coarse.ms)}`;
    return warning(subject, `${detail}; leases are cut by them: high-resolution timers are off`);
  }
  if (missing.length > 0) {
    const detail = "raw is not there, and a time daemon may slew the others";
    return warning(subject, `${detail}: leases are a tenth shorter, and waited out a tenth longer`);
  }
  return ok(subject, `${names.join(", ")} are there, in steps below ${milliseconds(coarsestMs)}`);
}

/**
 * Whether the clocks went together between two readings. The lease rests on the raw one, and on the
 * boot clock's telling of a suspend; the wall clock is for people.
 */
export function clockFinding(
  before: ClockReading,
  after: ClockReading,
  source: string | undefined,
): Finding {
  const passedMs = after.now - before.now;
  const wallMs = after.wallMs - before.wallMs;
  const sleptMs = after.suspendedMs - before.suspendedMs;
  const allowedMs = toleranceMs + passedMs * toleranceShare;
  const named = `kernel clock ${source ?? "unknown"}`;
  if (passedMs < 0) return warning("clocks", `${named}: the raw clock ran backwards`);
  if (!(sleptMs <= toleranceMs)) {
    return warning("clocks", `${named}: the machine was suspended for ${milliseconds(sleptMs)}`);
  }
  if (Math.abs(wallMs - passedMs) > allowedMs) {
    const detail = `in ${milliseconds(passedMs)} the wall clock went ${milliseconds(wallMs)}`;
    return warning("clocks", `${named}: ${detail}; something sets it`);
  }
  if (source !== undefined && coarseSources.includes(source)) {
    return warning("clocks", `${named} may lose time; the lease assumes a rate within 1 %`);
  }
  const length = milliseconds(passedMs);
  return ok("clocks", `${named}; raw, boot and wall clock went together for ${length}`);
}

/**
 * The wall clock against the coordinator's: a leader's renewal is stamped by it.
 * @param oldestMs how old the last renewal may be
 */
export function wallFinding(
  wallMs: number,
  renewedAt: number | undefined,
  oldestMs: number,
): Finding {
  const subject = "wall clock";
  if (renewedAt === undefined) {
    return ok(subject, "not compared with the servers': nobody leads, so nothing fresh is there");
  }
  const aheadMs = wallMs - renewedAt;
  const exact = `exact to ${milliseconds(oldestMs)}`;
  if (aheadMs >= -wallToleranceMs && aheadMs <= oldestMs + wallToleranceMs) {
    return ok(subject, `agrees with the servers', ${exact}`);
  }
  const where = aheadMs > 0 ? "ahead of" : "behind";
  const detail = `${milliseconds(Math.abs(aheadMs))} ${where} the servers', ${exact}`;
  return warning(subject, `${detail}; no decision rests on it, but times in files and logs do`);
}

/** The clock that the kernel counts by. Source: Documentation/ABI, sysfs clocksource */
export function clockSource(): string | undefined {
  try {
    const path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    return readFileSync(path, "latin1").trim();
  } catch {
    return undefined;
  }
}
