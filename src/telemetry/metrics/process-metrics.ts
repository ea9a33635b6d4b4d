import { readdirSync } from "node:fs";
import { Gauge, type Registry } from "./prometheus.ts";
import type { Scheduler } from "../../base/scheduler.ts";
import { readCounter, readGauge } from "./read-metric.ts";

/**
 * The figures of the process, under the names that are customary for every program. prom-client's
 * own collection is not used: on Bun it costs 10 ms a scrape for heap figures that are mostly 0.
 */
export function processMetrics(registry: Registry, scheduler: Scheduler, version: string): void {
  const startedAt = scheduler.wallClock().getTime() / 1000 - process.uptime();
  readGauge(registry, "process_resident_memory_bytes", "Resident memory size in bytes.", () =>
    process.memoryUsage.rss(),
  );
  readCounter(registry, "process_cpu_seconds_total", "User and system CPU time in seconds.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  });
  readGauge(registry, "process_open_fds", "Number of open file descriptors.", openFiles);
  readGauge(
    registry,
    "process_start_time_seconds",
    "Start time since the Unix epoch in seconds.",
    () => startedAt,
  );
  const build = new Gauge({
    name: "election_build_info",
    help: "Always 1: the version of the program and of its runtime.",
    labelNames: ["version", "bun"],
    registers: [registry],
  });
  build.set({ version, bun: Bun.version }, 1);
}

/** Counts the descriptors, without the one that the counting opens; undefined where it cannot. */
function openFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return undefined;
  }
}
