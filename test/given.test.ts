import { expect, test } from "bun:test";
import { join } from "node:path";
import { profiles } from "./simulation/settings.ts";

/** Whoever is not refused would go on for longer; a busy machine takes seconds to start one. */
const limitMs = 30_000;

const count = (least: number): string => `a whole number from ${least} on`;

test.each([
  ["fuzz/run.ts", "CASES", "0", count(1)],
  ["fuzz/run.ts", "CASES", "-1", count(1)],
  ["fuzz/run.ts", "SEED", "many", count(0)],
  ["soak/run.ts", "MINUTES", "foo", count(10)],
  ["soak/run.ts", "MINUTES", "9", count(10)],
  ["soak/run.ts", "SEED", "foo", count(1)],
  ["chaos/run.ts", "ROUNDS", "1.5", count(1)],
  ["chaos/run.ts", "SEED", "foo", count(1)],
  ["chaos/run.ts", "LAYOUT", "foo", "one of shared, own"],
  ["chaos/run.ts", "DUTY", "foo", "one of files, exec"],
  ["../bench/run.ts", "ROUNDS", "foo", count(1)],
  ["../bench/run.ts", "SEED", "-1", count(0)],
  ["../bench/run.ts", "PEERS", "foo", "one of election, "],
  ["../bench/client/run.ts", "ROUNDS", "foo", count(1)],
  ["../bench/client/run.ts", "SEED", "foo", count(1)],
  ["../bench/demo.ts", "DEMO_SECONDS", "foo", "a number of seconds above 0"],
])(
  "given: %s says what %s=%s should be",
  (program, variable, value, expected) => {
    expectRefusal(run([program], { [variable]: value }), variable, value, expected);
  },
  limitMs,
);

test.each([
  ["run.ts", "--seeds", "foo", count(1)],
  ["run.ts", "--seed", "", count(1)],
  ["run.ts", "--profile", "foo", `one of ${profiles.join(", ")}`],
  ["mutants/run.ts", "--seeds", "foo", count(1)],
  ["mutants/run.ts", "--only", "foo", "a part of the name of a mutant"],
])(
  "given: the simulation's %s says what %s=%s should be",
  (program, flag, value, expected) => {
    const refused = run([join("simulation", program), `${flag}=${value}`], {});
    expectRefusal(refused, flag, value, expected);
  },
  limitMs,
);

test("given: what Make is told reaches the simulation as one word", () => {
  const words = ["make", "--no-print-directory", "simulate", "SEEDS=ten seeds"];
  const { exitCode, stderr } = Bun.spawnSync(words, { cwd: join(import.meta.dir, "..") });
  expect(stderr.toString()).toStartWith(`--seeds "ten seeds": expected ${count(1)}\n`);
  expect(exitCode).not.toBe(0);
});

interface Refused {
  readonly exitCode: number;
  readonly error: string;
}

function run([program = "", ...words]: readonly string[], variables: object): Refused {
  const { PATH = "" } = process.env;
  const { exitCode, stderr } = Bun.spawnSync(
    [process.execPath, join(import.meta.dir, program), ...words],
    { env: { PATH, ...variables }, timeout: limitMs },
  );
  return { exitCode, error: stderr.toString() };
}

function expectRefusal(refused: Refused, name: string, value: string, expected: string): void {
  expect(refused.error).toStartWith(`${name} "${value}": expected ${expected}`);
  expect(refused.exitCode).toBe(2);
}
