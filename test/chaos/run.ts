import { aborted } from "../../src/election/scope.ts";
import { Interruption } from "../../bench/interruption.ts";
import { Arena } from "./arena.ts";
import { type Fault, faults } from "./faults.ts";
import { failureText, tableText } from "./report.ts";
import { playRound, type RoundResult } from "./round.ts";
import { SeededChoice } from "./seeded-choice.ts";
import { machineText } from "./machine-line.ts";

/**
 * Three replicas of the compiled binary and three real servers, under one fault after the other, in
 * an order that SEED decides. ROUNDS says how many, FAULTS (names, with `;` between) which.
 * Exits with 1 when anything was violated. Start it by in-namespaces.
 */

const startLimitMs = 30_000;

process.exit(await main());

async function main(): Promise<number> {
  const rounds = Number(process.env["ROUNDS"] ?? "") || 100;
  const seed = Number(process.env["SEED"] ?? "") || 1 + Math.floor(Math.random() * 1_000_000);
  const played = chosen(process.env["FAULTS"] ?? "");
  using interruption = new Interruption();
  tell(`chaos: ${rounds} rounds; replay them with: make chaos SEED=${seed} ROUNDS=${rounds}\n`);

  await using arena = await Arena.open();
  const results: RoundResult[] = [];
  const playing = play(arena, played, rounds, seed, results);
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

/** Every fault comes once before any comes again. */
async function play(
  arena: Arena,
  played: readonly Fault[],
  rounds: number,
  seed: number,
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
    const result = await playRound(arena, fault, choice);
    results.push(result);
    tell(`${roundText(results.length, result)}\n`);
    if (result.violations.length > 0) tell(failureText(result, arena.contenders));
  }
}

function chosen(names: string): readonly Fault[] {
  if (names === "") return faults;
  const wanted = names.split(";");
  const unknown = wanted.find((name) => faults.every((fault) => fault.name !== name));
  if (unknown !== undefined) {
    tell(`FAULTS: "${unknown}" is none of: ${faults.map(({ name }) => name).join("; ")}\n`);
    process.exit(2);
  }
  return faults.filter(({ name }) => wanted.includes(name));
}

function roundText(number: number, result: RoundResult): string {
  const { fault, detail, layout, leaderlessMs } = result;
  const notes = [detail, layout === "own" ? "own directories" : undefined];
  const note = notes.filter((text) => text !== undefined).join(", ");
  const what = note === "" ? fault : `${fault} (${note})`;
  const outcome = result.violations.length === 0 ? "ok" : "VIOLATED";
  const leaderless = `${(leaderlessMs / 1_000).toFixed(2)} s`;
  return `${String(number).padStart(4)}  ${what.padEnd(52)} ${leaderless.padStart(8)}  ${outcome}`;
}

function tell(text: string): void {
  process.stdout.write(text);
}
