import { parseArgs } from "node:util";
import { aborted } from "../src/election/scope.ts";
import { measureCrash } from "./crash.ts";
import { EnsembleProbe } from "./ensemble-probe.ts";
import { measureExecutable } from "./executable.ts";
import type { Findings } from "./figure.ts";
import { measureFloor } from "./floor.ts";
import { measureHandOver } from "./hand-over.ts";
import { measureIdle } from "./idle.ts";
import { Interruption } from "./interruption.ts";
import { describeMachine } from "./machine.ts";
import { machineText, notesText, reportRecord, tableText } from "./report.ts";
import { Stage } from "./stage.ts";
import { measureStartUp } from "./start-up.ts";

const usage = `bun bench/run.ts [--rounds N] [--idle-seconds N] [--json FILE]

  --rounds N        rounds of every measure that is repeated, at least 10 count (default 20)
  --idle-seconds N  how long the idle replica is looked at (default 60)
  --json FILE       also writes the figures, with every sample, to FILE
`;
const crowded = 200;
/** Each waits for a session of 10 s to run out. */
const fewRounds = 5;

process.exit(await main());

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "20" },
      "idle-seconds": { type: "string", default: "60" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values["idle-seconds"])];
  if (values.help || !isCount(rounds) || !isCount(seconds)) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }

  using interruption = new Interruption();
  await using stage = await Stage.open();
  await using probe = new EnsembleProbe(stage.servers);
  const machine = await describeMachine(await probe.version());
  process.stdout.write(`${machineText(machine)}\n`);
  const measuring = measureAll(stage, probe, rounds, seconds);
  const findings = await Promise.race([measuring, aborted(interruption.signal)]);
  if (findings === undefined) {
    // What is being measured fails now that its processes go; that is nobody's concern any more.
    measuring.catch(() => undefined);
    return 130;
  }

  process.stdout.write(`${tableText(findings.figures)}\n${notesText(findings.notes)}`);
  if (values.json !== undefined) {
    const record = reportRecord(machine, findings);
    await Bun.write(values.json, `${JSON.stringify(record, undefined, 2)}\n`);
  }
  return 0;
}

async function measureAll(
  stage: Stage,
  probe: EnsembleProbe,
  rounds: number,
  seconds: number,
): Promise<Findings> {
  const three = { candidates: 3, processes: 3, rounds };
  // Whoever leads in a round, and whoever follows, is one of the processes: one a round, and the
  // first leader.
  const many = { candidates: crowded, processes: rounds + 1, rounds };
  const parts: readonly (readonly [string, () => Promise<Findings>])[] = [
    ["one commit, one file", () => measureFloor(stage, probe, rounds)],
    ["hand-over, 3 candidates", () => measureHandOver(stage, probe, three)],
    [`hand-over, ${crowded} candidates`, () => measureHandOver(stage, probe, many)],
    ["kill, with state-dir", () => measureCrash(stage, probe, { rounds, stateDir: true })],
    ["kill, without", () => measureCrash(stage, probe, { rounds: fewRounds, stateDir: false })],
    ["start", () => measureStartUp(stage, rounds)],
    [`idle, ${seconds} s`, () => measureIdle(stage, probe, seconds)],
    ["binary", () => measureExecutable()],
  ];
  const all: Findings[] = [];
  for (const [name, measure] of parts) {
    process.stderr.write(`measuring: ${name}\n`);
    all.push(await measure());
  }
  return {
    figures: all.flatMap(({ figures }) => figures),
    notes: [
      "A hand-over is stamped from outside: just before kill(2), and when inotify reports the " +
        `first file of a higher epoch under its final name. Rounds are a random time apart. ` +
        "Writes and watches (mntr) are counted until the old leader has exited: giving up, " +
        "taking over, and the end of its session are one write each; a renewal may fall between.",
      ...all.flatMap(({ notes }) => notes),
    ],
  };
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}
