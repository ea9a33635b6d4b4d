import { mkdirSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { aborted } from "../../src/base/scope.ts";
import { numberIn, wholeNumber } from "../../test/given.ts";
import { SeededChoice } from "../../test/chaos/faults/seeded-choice.ts";
import { startEnsemble, type ZooKeeperServer } from "../../test/integration/zookeeper-server.ts";
import { EnsembleProbe } from "../ensemble-probe.ts";
import { Interruption } from "../interruption.ts";
import { describeMachine } from "../machine.ts";
import { machineText, notesText } from "../report.ts";
import { comparisonRecord, comparisonText, type Result } from "./comparison.ts";
import { contenderNames, prepareContenders, versionsText } from "./contender.ts";
import type { Answer } from "./protocol.ts";
import { notes, rows, trials } from "./rows.ts";
import { play, type Scene, type Trial } from "./trial.ts";
import { WatchedNodes } from "./watched-nodes.ts";

const usage = `bun bench/client/run.ts [--rounds N] [--seed N] [--json FILE]

  --rounds N   how often every contender goes through every measure (ROUNDS, else 5)
  --seed N     the order in which they do (SEED, else by chance)
  --json FILE  gets the figures, with every sample (default dist/bench-client.json)
`;
const heapMiB = 512;

process.exit(await main());

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string" },
      seed: { type: "string" },
      json: { type: "string", default: join(import.meta.dir, "../../dist/bench-client.json") },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const rounds = chosen("--rounds", values.rounds, "ROUNDS", 5);
  const seed = chosen("--seed", values.seed, "SEED", 1 + Math.floor(Math.random() * 1_000_000));

  using interruption = new Interruption();
  const contenders = await prepareContenders();
  await using servers = await openServers();
  await using probe = new EnsembleProbe(servers.all);
  const machine = await describeMachine(await probe.version());
  const versions = await versionsText();
  const opening = `${machineText(machine).trimEnd()}\n${versions}\n${rounds} rounds, seed ${seed}\n`;
  process.stdout.write(`${opening}\n`);
  const most = Math.max(...trials.map(({ count }) => count));
  await using nodes = await WatchedNodes.create(servers.follower.address, most);
  const scene = { server: servers.follower, nodes, contenders, signal: interruption.signal };
  const measuring = measureAll(scene, rounds, new SeededChoice(seed));
  const results = await Promise.race([measuring, aborted(interruption.signal)]);
  if (results === undefined) {
    measuring.catch(() => undefined);
    return 130;
  }

  const loadAfter = loadavg()[0] ?? 0;
  process.stdout.write(`${comparisonText(rows, results)}${notesText(notes)}`);
  process.stdout.write(`- Load ${loadAfter.toFixed(1)} at the end.\n`);
  mkdirSync(dirname(values.json), { recursive: true });
  const figures = comparisonRecord(rows, results);
  const record = { machine, loadAfter, versions, rounds, seed, figures };
  await Bun.write(values.json, `${JSON.stringify(record, undefined, 2)}\n`);
  return 0;
}

/** Every contender through every trial, in rounds, so that what disturbs disturbs all alike. */
async function measureAll(
  scene: Scene,
  rounds: number,
  choice: SeededChoice,
): Promise<readonly Result[]> {
  const all = new Map<Trial, Map<string, Answer[]>>();
  // Java compiles what it runs often; the first round is for that, and does not count.
  for (let round = 0; round <= rounds; round += 1) {
    process.stderr.write(round === 0 ? "warming up\n" : `round ${round} of ${rounds}\n`);
    for (const trial of choice.shuffled(trials)) {
      for (const contender of choice.shuffled(contenderNames)) {
        if (round === 0 && trial.measure === "reconnect") continue;
        const startedAt = performance.now();
        const answer = await play(scene, trial, contender);
        const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
        process.stderr.write(`  ${trial.measure} ${trial.count}, ${contender}: ${seconds} s\n`);
        if (round === 0) continue;
        const ofTrial = all.get(trial) ?? new Map<string, Answer[]>();
        all.set(trial, ofTrial);
        ofTrial.set(contender, [...(ofTrial.get(contender) ?? []), answer]);
      }
    }
  }
  return trials.flatMap((trial) =>
    contenderNames.map((contender) => ({
      trial,
      contender,
      answers: all.get(trial)?.get(contender) ?? [],
    })),
  );
}

interface Servers extends AsyncDisposable {
  readonly all: readonly ZooKeeperServer[];
  readonly follower: ZooKeeperServer;
}

async function openServers(): Promise<Servers> {
  const all = await startEnsemble(3, { heapMiB });
  const close = async (): Promise<void> => {
    await Promise.all(all.map((server) => server[Symbol.asyncDispose]()));
  };
  for (const server of all) {
    if ((await server.mode()) !== "follower") continue;
    return { all, follower: server, [Symbol.asyncDispose]: close };
  }
  await close();
  throw new Error("no server follows");
}

/** What the flag says; else the variable. */
function chosen(
  flag: string,
  given: string | undefined,
  variable: string,
  otherwise: number,
): number {
  return given === undefined ? numberIn(variable, otherwise) : wholeNumber(flag, given, 1);
}
