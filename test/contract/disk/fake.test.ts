import { test } from "bun:test";
import { DiskError, type DiskErrorCode } from "../../../src/disk/disk-error.ts";
import { FakeDisk } from "../../fake/disk.ts";
import { diskContract } from "./clauses.ts";
import { type Ailment, clausesFor, type DiskStage, untouched } from "./stage.ts";

const ailments: readonly Ailment[] = ["full", "read-only", "gone", "failing", "hanging"];

/** The steps of a disk that an ailment refuses, and with which code. */
const refusals: Readonly<Record<Ailment, Readonly<Record<string, DiskErrorCode>>>> = {
  full: { write: "full", replace: "full", grow: "full" },
  "read-only": {
    write: "read-only",
    "write-at": "read-only",
    replace: "read-only",
    publish: "read-only",
    remove: "read-only",
  },
  gone: {
    make: "other",
    list: "missing",
    write: "missing",
    replace: "missing",
    publish: "missing",
  },
  failing: { write: "failing", "write-at": "failing", publish: "failing" },
  hanging: {},
};
const unmade = {
  list: "missing",
  write: "missing",
  replace: "missing",
  publish: "missing",
} as const;

test.each(clausesFor(diskContract, ailments))("disk contract, fake: $name", async ({ check }) => {
  await check(stageOf(new FakeDisk()));
});

function stageOf(disk: FakeDisk): DiskStage {
  let refused: Readonly<Record<string, DiskErrorCode>> = {};
  let back: Promise<void> = Promise.resolve();
  let comeBack: (() => void) | undefined;
  disk.before = async (step) => {
    await back;
    if (step === "make" && refused === unmade) refused = {};
    const code = refused[step];
    if (code !== undefined) throw new DiskError(code, step);
  };
  return {
    disk,
    plant: async (name, stranger) => {
      disk.strange.set(name, stranger);
      await Promise.resolve();
    },
    behindLinks: () => Promise.resolve(untouched),
    removeDirectory: async () => {
      disk.files.clear();
      disk.strange.clear();
      refused = unmade;
      await Promise.resolve();
    },
    ail: async (ailment) => {
      refused = refusals[ailment];
      if (ailment === "gone") disk.files.clear();
      if (ailment === "hanging") {
        const hanging = Promise.withResolvers<void>();
        back = hanging.promise;
        comeBack = hanging.resolve;
      }
      await Promise.resolve();
    },
    cure: async () => {
      refused = {};
      comeBack?.();
      await Promise.resolve();
    },
    cutPower: undefined,
  };
}
