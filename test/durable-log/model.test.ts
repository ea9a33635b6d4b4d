import { expect, test } from "bun:test";
import { DurableLog } from "../../src/durable-log/durable-log.ts";
import type { RaftEntry } from "../../src/raft/log/log-store.ts";
import { Random } from "../simulation/world/random.ts";
import { SimulatedDirectory } from "../simulation/world/simulated-directory.ts";
import { contentOf, diskOf, entry, FaultySteps, optionsFor, write } from "./stage.ts";

const members = { voters: ["1"], outgoing: [], learners: [], context: "" };

/** What a log should hold: kept as plainly as can be. */
class LogModel {
  entries: RaftEntry[] = [];
  term = 1;
  snapshot = 0;

  get last(): number {
    return this.entries.at(-1)?.index ?? this.snapshot;
  }

  behindSnapshot(): readonly string[] {
    return this.entries
      .filter(({ index }) => index > this.snapshot)
      .map(({ index, term, data }) => `${index}/${term}/${new TextDecoder().decode(data)}`);
  }
}

test.each(Array.from({ length: 40 }, (_, at) => at + 1))(
  "durable log: it holds what a model holds, over power cuts, seed %d",
  async (seed) => {
    const random = new Random(seed, "log");
    const directory = new SimulatedDirectory(() => 0);
    const model = new LogModel();
    let steps = new FaultySteps();
    let log = await DurableLog.open(optionsFor(diskOf(directory, steps)));
    for (let turn = 0; turn < 60; turn += 1) {
      const made = (count: number): readonly RaftEntry[] =>
        Array.from({ length: count }, (_, at) =>
          entry(model.last + 1 + at, model.term, "x".repeat(Math.floor(random.between(0, 1_200)))),
        );
      const choice = random.next();
      if (choice < 0.5) {
        const entries = made(1 + Math.floor(random.between(0, 4)));
        await log.write(write({ entries }));
        model.entries.push(...entries);
      } else if (choice < 0.7) {
        model.term += 1;
        const from = model.snapshot + 1 + Math.floor(random.next() * (model.last - model.snapshot));
        const cutFrom = from <= model.last ? from : undefined;
        if (cutFrom !== undefined)
          model.entries = model.entries.filter(({ index }) => index < cutFrom);
        const entries = made(1);
        await log.write(write({ hardState: { term: model.term, vote: "2" }, cutFrom, entries }));
        model.entries.push(...entries);
      } else if (choice < 0.85) {
        const kept = model.entries.find(({ index }) => index > model.snapshot);
        if (kept === undefined) continue;
        const { index, term } = kept;
        await log.keepSnapshot({ meta: { index, term, members }, data: new Uint8Array(index) });
        model.snapshot = index;
      } else {
        steps.die();
        directory.losePower(random);
        steps = new FaultySteps();
        log = await DurableLog.open(optionsFor(diskOf(directory, steps)));
      }
      const found = contentOf(log).filter((text) => Number.parseInt(text, 10) > model.snapshot);
      expect(found).toEqual([...model.behindSnapshot()]);
      expect([log.lastIndex, log.snapshot.index]).toEqual([model.last, model.snapshot]);
      expect(log.snapshotData.length).toBe(model.snapshot);
    }
    await log[Symbol.asyncDispose]();
  },
);
