import { test } from "bun:test";
import { Life } from "../../simulation/referee/life.ts";
import { Timeline } from "../../simulation/timeline.ts";
import { InstantSteps, PoolSteps } from "../../simulation/world/disk-steps.ts";
import { Random } from "../../simulation/world/random.ts";
import {
  type DiskTrouble,
  SimulatedDirectory,
} from "../../simulation/world/simulated-directory.ts";
import { SimulatedDisk } from "../../simulation/world/simulated-disk.ts";
import { diskContract } from "./clauses.ts";
import { type Ailment, clausesFor, type DiskStage, untouched } from "./stage.ts";

const seeds = Array.from({ length: 10 }, (_, index) => index + 1);
/** The ailments of a directory whose steps take their time; in memory nothing hangs. */
const pooled = ["full", "read-only", "gone", "failing", "hanging"] as const;
const instant = ["full", "read-only", "gone", "failing"] as const;
const troubles: Readonly<Partial<Record<Ailment, DiskTrouble>>> = {
  full: "full",
  "read-only": "read-only",
  gone: "removed",
  failing: "flush-fails",
};
const witness = { starts: () => undefined, lands: () => undefined };

test.each(clausesFor(diskContract, [...pooled, "power cut"]))(
  "disk contract, simulated: $name",
  async ({ check }) => {
    for (const seed of seeds) await onPool(seed, check);
  },
);

test.each(clausesFor(diskContract, [...instant, "power cut"]))(
  "disk contract, simulated without time: $name",
  async ({ check }) => {
    const directory = new SimulatedDirectory(() => 0);
    const steps = new InstantSteps(new Life());
    const options = { path: "/state", directory, writer: "writer", now: () => 0, steps, witness };
    await check(stageOf(new SimulatedDisk(options), directory, 1));
  },
);

async function onPool(seed: number, check: (stage: DiskStage) => Promise<void>): Promise<void> {
  const timeline = new Timeline();
  const directory = new SimulatedDirectory(() => timeline.now);
  const random = new Random(seed, "disk");
  const [life, threads] = [new Life(), new Life()];
  const steps = new PoolSteps({ timeline, random, directory, life, threads });
  const now = (): number => timeline.now;
  const options = { path: "/simulated", directory, writer: "writer", now, steps, witness };
  const progress = { over: false };
  const disk = new SimulatedDisk(options);
  const checking = check(stageOf(disk, directory, seed)).finally(() => {
    progress.over = true;
  });
  checking.catch(() => undefined);
  while (!progress.over) {
    timeline.step(timeline.now + 1_000);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await checking;
}

function stageOf(disk: SimulatedDisk, directory: SimulatedDirectory, seed: number): DiskStage {
  return {
    disk,
    plant: async (name, kind) => {
      const file = directory.newFile("", "stranger", 0, kind);
      directory.change({ given: { name, file } });
      await Promise.resolve();
    },
    behindLinks: () => Promise.resolve(untouched),
    removeDirectory: async () => {
      directory.files.clear();
      directory.isMade = false;
      await Promise.resolve();
    },
    ail: async (ailment) => {
      const trouble = troubles[ailment];
      if (trouble !== undefined) directory.begin(trouble);
      if (ailment === "hanging") directory.hang();
      await Promise.resolve();
    },
    cure: async (ailment) => {
      const trouble = troubles[ailment];
      if (trouble !== undefined) directory.end(trouble);
      if (ailment === "hanging") directory.unhang();
      await Promise.resolve();
    },
    cutPower: () => directory.losePower(new Random(seed, "power")),
  };
}
