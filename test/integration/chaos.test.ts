import { expect, test } from "bun:test";
import { join } from "node:path";

const limitMs = 90_000;

interface Outcome {
  readonly code: number;
  /** What it printed, logs of replicas included. */
  readonly text: string;
}

async function chaos(settings: Readonly<Record<string, string>>): Promise<Outcome> {
  const run = Bun.spawn([join(import.meta.dir, "../chaos/in-namespaces"), "run.ts"], {
    stdin: "ignore",
    env: { SEED: "7", ...process.env, LAYOUT: "", MUTANT: "", DUTY: "", ...settings },
    stderr: "pipe",
  });
  const [out, error] = await Promise.all([run.stdout.text(), run.stderr.text()]);
  return { code: await run.exited, text: `${out}\n${error}` };
}

test(
  "chaos: every promise holds while faults strike real replicas and servers",
  async () => {
    const faults = [
      "leader SIGTERM",
      "leader SIGKILL",
      "leader SIGSTOP, SIGCONT",
      "connections reset",
      "its server isolated",
      "directory full",
      "all SIGKILL, restarted",
      "SIGSTOP, others restarted",
      "rename held by the disk",
    ];
    const { code, text } = await chaos({
      ROUNDS: String(faults.length),
      FAULTS: faults.join(";"),
    });
    if (code !== 0) throw new Error(text);
    // The one file that landed late was inert.
    expect(text).toMatch(/^all +9 +\d +\d +0 +[1-9] +0$/mu);
  },
  limitMs,
);

test(
  "chaos: never do two commands live at once while faults strike those who run them",
  async () => {
    const faults = [
      "leader SIGTERM",
      "leader SIGSTOP, SIGCONT",
      "all SIGKILL, restarted",
      "supervisor SIGKILL",
      "supervisor SIGSTOP, black-holed",
    ];
    const { code, text } = await chaos({
      DUTY: "exec",
      ROUNDS: String(faults.length),
      FAULTS: faults.join(";"),
    });
    if (code !== 0) throw new Error(text);
    expect(text).toMatch(/^all +5 +0 +\d +0 +0 +0$/mu);
  },
  limitMs,
);

test(
  "chaos: a command that is not ended with its daemon is seen beside its successor",
  async () => {
    const { code, text } = await chaos({
      DUTY: "exec",
      MUTANT: "the supervisor's deadline is not enforced",
      FAULTS: "leader SIGSTOP, SIGCONT",
      ROUNDS: "2",
    });
    expect(text).toMatch(/^VIOLATED: overlap: the command of [abc] at epoch \d+ started while/mu);
    expect(code).toBe(1);
  },
  limitMs,
);

const planted = [
  {
    fault: "planted: a second leader",
    told: /overlap: \d+-9\d{9}\.json of stranger landed late/u,
  },
  { fault: "planted: a second writer", told: /epoch \d+ belongs to [abc] and stranger/u },
  { fault: "planted: a wrong file", told: /\d+-9\d{9}\.json says something else/u },
  { fault: "planted: half a file", told: /\d+-9\d{9}\.json is partial/u },
  { fault: "planted: an exit", told: /[abc] exited with 137, though nobody asked/u },
  { fault: "planted: no leader", told: /no leader for \d+ ms, allowed are 1000/u },
];

test(
  "chaos: what must never happen is named when it happens, and the run exits with 1",
  async () => {
    const { code, text } = await chaos({
      ROUNDS: String(planted.length),
      FAULTS: planted.map(({ fault }) => fault).join(";"),
    });
    const violations = text.split("\n").filter((line) => line.startsWith("VIOLATED: "));
    for (const { told } of planted) {
      expect(violations).toContainEqual(expect.stringMatching(told));
    }
    expect(code).toBe(1);
  },
  limitMs,
);

test(
  "chaos: leaders that trust an isolated server are seen beside their successors",
  async () => {
    const { code, text } = await chaos({
      MUTANT: "lease renewed by a read (as by a ping's answer)",
      FAULTS: "its follower isolated",
      LAYOUT: "own",
      ROUNDS: "3",
    });
    expect(text).toMatch(/^VIOLATED: overlap: \d+-\d+\.json of [abc] landed late$/mu);
    expect(code).toBe(1);
  },
  limitMs,
);
