import { expect, test } from "bun:test";
import { DurableLog } from "../../src/durable-log/durable-log.ts";
import { LogError } from "../../src/durable-log/log-error.ts";
import { Random } from "../simulation/world/random.ts";
import { SimulatedDirectory } from "../simulation/world/simulated-directory.ts";
import {
  contentOf,
  diskOf,
  entry,
  type Fault,
  FaultySteps,
  openOn,
  optionsFor,
  write,
} from "./stage.ts";

const members = { voters: ["1"], outgoing: [], learners: [], context: "" };
const large = "x".repeat(1_500);
type Step = (log: DurableLog) => Promise<void>;

const append =
  (from: number, to: number, term = 1, data?: string): Step =>
  async (log) => {
    const entries = Array.from({ length: to - from + 1 }, (_, at) => entry(from + at, term, data));
    await log.write(write({ entries }));
  };
const vote =
  (term: number, whom: string | undefined): Step =>
  async (log) =>
    await log.write(write({ hardState: { term, vote: whom } }));
const replace =
  (from: number, term: number, data?: string): Step =>
  async (log) =>
    await log.write(
      write({ hardState: { term, vote: "2" }, cutFrom: from, entries: [entry(from, term, data)] }),
    );
const snapshot =
  (index: number, term = 1): Step =>
  async (log) =>
    await log.keepSnapshot({ meta: { index, term, members }, data: new Uint8Array(700).fill(1) });
const install =
  (index: number, term: number): Step =>
  async (log) => {
    const meta = { index, term, members };
    const piece = { snapshot: meta, offset: 0, data: new Uint8Array(900).fill(2), last: true };
    await log.write(write({ piece, install: meta, entries: [entry(index + 1, term)] }));
  };
const many = (from: number, count: number): readonly Step[] =>
  Array.from({ length: count }, (_, at) => append(from + at, from + at, 1, large));

const scripts: Readonly<Record<string, readonly Step[]>> = {
  "an entry": [append(1, 1)],
  "entries one by one": [append(1, 1), append(2, 2), append(3, 3)],
  "a large batch": [append(1, 4, 1, large)],
  votes: [vote(1, "1"), vote(2, undefined), vote(2, "3")],
  "a vote between entries": [append(1, 1), vote(2, "2"), append(2, 3, 2)],
  "a cut": [append(1, 4), replace(3, 2), append(4, 4, 2)],
  "a cut of all": [append(1, 3), replace(1, 2, large)],
  "another segment": many(1, 7),
  "a snapshot": [append(1, 3), snapshot(2), append(4, 4)],
  "two snapshots and recycling": [...many(1, 6), snapshot(5), ...many(7, 5), snapshot(10)],
  "a snapshot of another node": [append(1, 2), install(9, 3), append(11, 11, 3)],
  "an installed one over segments": [...many(1, 6), install(20, 2), append(22, 22, 2, large)],
  "a cut across segments": [...many(1, 6), replace(3, 2, large), append(4, 5, 2, large)],
};

function stateOf(log: DurableLog): string {
  const { hardState, lastIndex, snapshot: meta } = log;
  // What lies behind the snapshot counts; what is before it may be there or not.
  const entries = contentOf(log).filter((text) => Number.parseInt(text, 10) > meta.index);
  return JSON.stringify({ hardState, lastIndex, snapshot: [meta.index, meta.term], entries });
}

/** What the log is after each step of a script without faults; first the empty one. */
async function statesOf(script: readonly Step[]): Promise<readonly string[]> {
  const log = await openOn(new SimulatedDirectory(() => 0));
  const states = [stateOf(log)];
  for (const step of script) {
    await step(log);
    states.push(stateOf(log));
  }
  await log[Symbol.asyncDispose]();
  return states;
}

/** Runs a script up to its end or the fault. Returns how many steps were told as durable. */
async function run(
  directory: SimulatedDirectory,
  script: readonly Step[],
  steps: FaultySteps,
): Promise<number> {
  let told = -1;
  const running = (async () => {
    const log = await DurableLog.open(optionsFor(diskOf(directory, steps)));
    told = 0;
    for (const step of script) {
      await step(log);
      told += 1;
    }
    await log[Symbol.asyncDispose]();
  })().catch(() => undefined);
  const progress = { over: false };
  void running.then(() => {
    progress.over = true;
  });
  // A process that has crashed never ends: no step of it is taken any more.
  for (let before = -1; !progress.over && before !== steps.count;) {
    before = steps.count;
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  return told;
}

test.each(Object.entries(scripts))(
  "durable log, each storage step fails or is the last: %s",
  async (_, script) => {
    const states = await statesOf(script);
    const all = new FaultySteps();
    await run(new SimulatedDirectory(() => 0), script, all);
    for (let at = 1; at <= all.count; at += 1) {
      for (const kind of ["fail", "crash-before", "crash-after"] as const) {
        const directory = new SimulatedDirectory(() => 0);
        const fault: Fault = { at, kind };
        const told = await run(directory, script, new FaultySteps(fault));
        directory.losePower(new Random(at, kind));
        const log = await openOn(directory).catch((error: unknown) => {
          throw new Error(`step ${at} of ${all.count}, ${kind}, told ${told}`, { cause: error });
        });
        const found = states.lastIndexOf(stateOf(log));
        // What was told is there, and of what was not, nothing but the very next step.
        expect([at, kind, found >= told, found <= told + 1 || told < 0]).toEqual([
          at,
          kind,
          true,
          true,
        ]);
        const next = log.lastIndex + 1;
        const { term } = log.hardState;
        await log.write(
          write({ entries: [entry(next, Math.max(term, log.termOf(next - 1) ?? 0))] }),
        );
        expect(log.lastIndex).toBe(next);
        await log[Symbol.asyncDispose]();
      }
    }
  },
  20_000,
);

const content = async (): Promise<SimulatedDirectory> => {
  const directory = new SimulatedDirectory(() => 0);
  const log = await openOn(directory);
  await log.write(write({ hardState: { term: 2, vote: "3" }, entries: [entry(1), entry(2)] }));
  await log.write(write({ cutFrom: 2, entries: [entry(2, 2, large)] }));
  await log.keepSnapshot({ meta: { index: 1, term: 1, members }, data: new Uint8Array(40) });
  await log[Symbol.asyncDispose]();
  return directory;
};

const blocksOf = (directory: SimulatedDirectory) =>
  directory.files.get("log-000000000000001")?.blocks;

test("durable log: a torn end is cut at every prefix of a write, and no bit of what was told rots unseen", async () => {
  const whole = Buffer.from(blocksOf(await content())?.read(0, 100_000) ?? []);
  const end = whole.findLastIndex((byte) => byte !== 0);
  for (let offset = 0; offset <= end; offset += 3) {
    const directory = await content();
    // The zeros around frames are held to be zeros as well.
    blocksOf(directory)?.rot(offset, offset % 8);
    const code = await openOn(directory).then(
      () => "opened",
      (error: unknown) => (error instanceof LogError ? error.code : String(error)),
    );
    expect([offset, code]).toEqual([offset, "corrupt"]);
  }
  for (let sectors = 2; sectors * 512 <= end; sectors += 1) {
    const directory = await content();
    blocksOf(directory)?.write(sectors * 512, new Uint8Array(whole.length - sectors * 512))();
    const log = await openOn(directory);
    expect(log.lastIndex).toBeLessThanOrEqual(2);
    await log[Symbol.asyncDispose]();
  }
});
