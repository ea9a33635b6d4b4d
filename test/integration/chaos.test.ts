import { expect, test } from "bun:test";
import { join } from "node:path";

const limitMs = 90_000;
/** One of each kind; `make chaos` plays them all. */
const faults = [
  "leader SIGTERM",
  "leader SIGKILL",
  "leader SIGSTOP, SIGCONT",
  "connections reset",
  "its server isolated",
  "directory full",
];

test(
  "chaos: every promise holds while faults strike real replicas and servers",
  async () => {
    const chaos = Bun.spawn([join(import.meta.dir, "../chaos/in-namespaces"), "run.ts"], {
      stdin: "ignore",
      env: { SEED: "7", ...process.env, ROUNDS: String(faults.length), FAULTS: faults.join(";") },
      stderr: "pipe",
    });
    const [out, error] = await Promise.all([chaos.stdout.text(), chaos.stderr.text()]);
    if ((await chaos.exited) !== 0) throw new Error(`${out}\n${error}`);
    expect(out).toMatch(/^all +6 +\d +0 +\d+ +0$/mu);
  },
  limitMs,
);
