import { aborted } from "../../src/base/scope.ts";
import { Interruption } from "../../bench/interruption.ts";
import { numberIn, oneOf, refuse } from "../given.ts";
import { temporaryDirectory } from "../integration/replica.ts";
import { Arena } from "./arena/arena.ts";
import type { Layout } from "./arena/directories.ts";
import type { LeadersDuty } from "./arena/exec-duty.ts";
import { execFaults } from "./faults/exec-faults.ts";
import type { Fault } from "./faults/fault.ts";
import { faults } from "./faults/faults.ts";
import { compileMutant, plantable } from "./faults/mutant-binary.ts";
import { plantedFaults } from "./faults/planted-faults.ts";
import { replayText } from "./replay.ts";
import { failureText, tableText } from "./report.ts";
import { playRound, type RoundResult } from "./round.ts";
import { SeededChoice } from "./faults/seeded-choice.ts";
import { machineText } from "./machine-line.ts";

/**
 * Three replicas of the compiled binary and three real servers, under one fault after the other, in
 * an order that SEED decides. ROUNDS says how many, FAULTS (names, with `;` between) which, LAYOUT
 * (shared or own) where the replicas write, DUTY (files or exec) what they lead for. With MUTANT (a
 * name) the replicas have a bug, and the first violation ends the run.
 * Exits with 1 when anything was violated, 2 when asked for what there is not. Start it by
 * in-namespaces.
 */

const startLimitMs = 30_000;

process.exit(await main());

async function main(): Promise<number> {
  const rounds = numberIn("ROUNDS", 100);
  const seed = numberIn("SEED", 1 + Math.floor(Math.random() * 1_000_000));
  const layout = chosenLayout(process.env["LAYOUT"] ?? "");
  const duty = chosenDuty(process.env["DUTY"] ?? "");
  const played = chosen(process.env["FAULTS"] ?? "", layout, duty);
  using directory = temporaryDirectory();
  const program = chosenProgram(process.env["MUTANT"] ?? "", directory.path);
  using interruption = new Interruption();
  const { LAYOUT, DUTY, FAULTS, MUTANT } = process.env;
  const asked = { SEED: seed, ROUNDS: rounds, LAYOUT, DUTY, FAULTS, MUTANT };
  tell(`chaos: ${rounds} rounds; replay them with: ${replayText(asked)}\n`);

  await using arena = await Arena.open(undefined, program, duty);
  const results: RoundResult[] = [];
  const stopsEarly = program !== undefined;
  const playing = play(arena, { played, rounds, seed, layout, stopsEarly }, results);
  await Promise.race([playing, aborted(interruption.signal)]);
  if (interruption.signal.aborted) {
    // What is being waited for fails now that its processes go.
    playing.catch(() => undefined);
    tell("\ninterrupted\n");
  }
  tell(`\n${tableText(played, results)}${machineText()}, seed ${seed}\n`);
  if (interruption.signal.aborted) return 130;
  return results.every(({ violations }) => violations.length === 0) ? 0 : 1;
}

interface Play {
  readonly played: readonly Fault[];
  readonly rounds: number;
  readonly seed: number;
  readonly layout: Layout | undefined;
  /** Whether the first violation ends it. */
  readonly stopsEarly: boolean;
}

/** Every fault comes once before any comes again. */
async function play(
  arena: Arena,
  { played, rounds, seed, layout, stopsEarly }: Play,
  results: RoundResult[],
): Promise<void> {
  const choice = new SeededChoice(seed);
  if (!(await arena.settles(startLimitMs))) throw new Error("the replicas do not start");
  let deck: readonly Fault[] = [];
  while (results.length < rounds) {
    if (deck.length === 0) deck = choice.shuffled(played);
    const [fault, ...rest] = deck;
    if (fault === undefined) return;
    deck = rest;
    const result = await playRound(arena, fault, choice, layout);
    results.push(result);
    tell(`${roundText(results.length, result)}\n`);
    if (result.violations.length === 0) continue;
    tell(failureText(result, arena.contenders));
    if (stopsEarly) return;
  }
}

function chosen(names: string, layout: Layout | undefined, duty: LeadersDuty): readonly Fault[] {
  const own = duty === "exec" ? execFaults : faults;
  if (names === "") {
    return own.filter((fault) => (fault.layout ?? layout) === layout || layout === undefined);
  }
  const known = duty === "exec" ? own : [...faults, ...plantedFaults];
  return names.split(";").map((wanted) => {
    const fault = known.find(({ name }) => name === wanted);
    return fault ?? refuse("FAULTS", wanted, nameIn(known));
  });
}

function chosenLayout(wanted: string): Layout | undefined {
  return wanted === "" ? undefined : oneOf("LAYOUT", wanted, ["shared", "own"]);
}

function chosenDuty(wanted: string): LeadersDuty {
  return wanted === "" ? "files" : oneOf("DUTY", wanted, ["files", "exec"]);
}

/** A binary with the bug that is wanted; undefined when none is. */
function chosenProgram(wanted: string, directory: string): string | undefined {
  if (wanted === "") return undefined;
  const mutant = plantable.find(({ name }) => name === wanted);
  if (mutant === undefined) return refuse("MUTANT", wanted, nameIn(plantable));
  tell(`planted in the replicas: ${mutant.name}\n`);
  return compileMutant(mutant, directory);
}

/** What would be right; names have commas in them. */
function nameIn(known: readonly { readonly name: string }[]): string {
  return `one of: ${known.map(({ name }) => name).join("; ")}`;
}

function roundText(number: number, result: RoundResult): string {
  const { fault, detail, layout, stateDir, leaderlessMs, waitedMs, isOverloaded } = result;
  const notes = [
    detail,
    layout === "own" ? "own directories" : undefined,
    stateDir === "none" ? undefined : `${stateDir} state-dir`,
  ];
  const note = notes.filter((text) => text !== undefined).join(", ");
  const what = note === "" ? fault : `${fault} (${note})`;
  const kept = isOverloaded ? `overloaded: ${waitedMs.toFixed(0)} ms waited` : "ok";
  const outcome = result.violations.length === 0 ? kept : "VIOLATED";
  const leaderless = `${(leaderlessMs / 1_000).toFixed(2)} s`;
  return `${String(number).padStart(4)}  ${what.padEnd(60)} ${leaderless.padStart(8)}  ${outcome}`;
}

function tell(text: string): void {
  process.stdout.write(text);
}
