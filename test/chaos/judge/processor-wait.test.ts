import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { ProcessorWait } from "./processor-wait.ts";

const busyForMs = 500;

test("processor wait: counts who is ready to run and may not, and not who sleeps", async () => {
  const spin = ["taskset", "--cpu-list", ourFirstProcessor(), "sh", "-c", "while :; do :; done"];
  const busy = [Bun.spawn(spin), Bun.spawn(spin)];
  const idle = Bun.spawn(["sleep", "60"]);
  try {
    using wait = new ProcessorWait([]);
    using idleWait = new ProcessorWait([idle.pid]);
    await Bun.sleep(busyForMs);
    // Two that share one processor wait for each other, half of the time each.
    const waitedMs = wait.totalMs(busy.map(({ pid }) => pid));
    expect(waitedMs).toBeGreaterThan(busyForMs / 2);
    expect(waitedMs - idleWait.totalMs([idle.pid])).toBeGreaterThan(busyForMs / 4);
  } finally {
    for (const child of [...busy, idle]) child.kill("SIGKILL");
    await Promise.all([...busy, idle].map(({ exited }) => exited));
  }
});

test("processor wait: a process that has ended counts for nothing", () => {
  const { pid } = Bun.spawnSync(["true"]);
  using wait = new ProcessorWait([pid]);
  expect(wait.totalMs([pid])).toBe(0);
});

/** One that this process may run on. Source: proc(5) */
function ourFirstProcessor(): string {
  const status = readFileSync("/proc/self/status", "latin1");
  return /^Cpus_allowed_list:\s*(\d+)/mu.exec(status)?.[1] ?? "0";
}
