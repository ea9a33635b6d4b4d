import { expect, test } from "bun:test";
import { execFaults } from "./faults/exec-faults.ts";
import { faults } from "./faults/faults.ts";
import { plantable } from "./faults/mutant-binary.ts";
import { plantedFaults } from "./faults/planted-faults.ts";
import { replayText } from "./replay.ts";

const known = [...faults, ...plantedFaults, ...execFaults, ...plantable].map(({ name }) => name);

test("chaos: what replays a run names all that was asked for, as a shell takes it", () => {
  const asked = { SEED: 7, ROUNDS: 2, LAYOUT: undefined, DUTY: "", FAULTS: known.join(";") };
  const text = replayText({ ...asked, MUTANT: "the supervisor's deadline is not enforced" });
  expect(text).toStartWith('make chaos SEED=7 ROUNDS=2 FAULTS="');
  const echo = text.replace("make chaos", "printf '%s\\n'");
  const { stdout } = Bun.spawnSync(["bash", "-c", echo]);
  expect(stdout.toString().trimEnd().split("\n")).toEqual([
    "SEED=7",
    "ROUNDS=2",
    `FAULTS=${known.join(";")}`,
    "MUTANT=the supervisor's deadline is not enforced",
  ]);
});
