import * as fc from "fast-check";
import type { Epoch } from "../../../src/election/ports/coordinator.ts";
import { proveDirectory } from "../../../src/files/directory-proof.ts";
import { finalName, parseFileName, temporaryName } from "../../../src/files/file-name.ts";
import { takeInventory } from "../../../src/files/inventory.ts";
import { prune } from "../../../src/files/pruning.ts";
import { FakeDisk } from "../../fake/disk.ts";
import { fakeMandate } from "../../fake/mandate.ts";
import { anyText, textOf } from "../hostile-texts.ts";
import { asyncTarget, hold, same, syncTarget, type Target } from "../target.ts";

const anyEpoch = fc.oneof(
  fc.bigInt({ min: 1n, max: 20n }),
  fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
) as fc.Arbitrary<Epoch>;
const anySequence = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 1, max: 9_999_999_999 }),
);
const anyReplica = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);

const ours = fc.oneof(
  fc.tuple(anyEpoch, anySequence).map(([epoch, sequence]) => finalName(epoch, sequence)),
  fc
    .tuple(anyEpoch, anySequence, anyReplica)
    .map(([epoch, sequence, replica]) => temporaryName(epoch, sequence, replica)),
);
const almostOurs = textOf(
  "0000000000000000001",
  "-",
  "0000000001",
  ".json",
  ".",
  "a",
  ".tmp",
  "0000000000000000001-0000000001.json",
  "9999999999999999999-9999999999.json",
);
const anyName = fc.oneof(ours, almostOurs, anyText);

/** The directory of the leader's files, in which anybody may have put anything. */
export const fileTargets: readonly Target[] = [
  syncTarget("file names", 60, anyName, (name) => {
    const parsed = parseFileName(name);
    if (parsed.kind === "foreign") return;
    hold(parsed.epoch >= 0n && parsed.epoch < 10n ** 19n, "the epoch is a number");
    hold(!name.includes("/"), "a name is no path");
  }),
  syncTarget(
    "file names, there and back",
    40,
    fc.tuple(anyEpoch, anySequence, anyReplica, anyEpoch, anySequence),
    ([epoch, sequence, replica, otherEpoch, otherSequence]) => {
      const name = finalName(epoch, sequence);
      same(parseFileName(name), { kind: "final", epoch }, name);
      const temporary = temporaryName(epoch, sequence, replica);
      same(parseFileName(temporary), { kind: "temporary", epoch, replica }, temporary);
      const other = finalName(otherEpoch, otherSequence);
      const isOlder = epoch < otherEpoch || (epoch === otherEpoch && sequence < otherSequence);
      same(name < other, isOlder, `${name} and ${other} sort by age`);
    },
  ),
  asyncTarget(
    "directories",
    15,
    fc.record({
      names: fc.uniqueArray(anyName, { maxLength: 30 }),
      capacity: fc.integer({ min: 1, max: 12 }),
      epoch: anyEpoch,
    }),
    checkDirectory,
  ),
];

async function checkDirectory(given: {
  readonly names: readonly string[];
  readonly capacity: number;
  readonly epoch: Epoch;
}): Promise<void> {
  const disk = new FakeDisk();
  for (const name of given.names) disk.files.set(name, "");
  const proof = await proveDirectory(disk, "replica", "/election");
  hold(proof.kind === "proved", "the directory can be used");
  const inventory = await takeInventory(disk, given.capacity);
  const mandate = fakeMandate({ epoch: given.epoch });
  await prune(disk, inventory, mandate, new AbortController().signal);

  const left = [...disk.files.keys()];
  same(
    ofKind(left, "foreign"),
    ofKind(given.names, "foreign"),
    "every stranger's file is still there",
  );
  const newest = ofKind(given.names, "final").toSorted().slice(-given.capacity);
  same(ofKind(left, "final").toSorted(), newest, "exactly the newest files are kept");
  for (const name of ofKind(left, "temporary")) {
    const parsed = parseFileName(name);
    hold(parsed.kind === "temporary" && parsed.epoch >= given.epoch, `${name} is stale`);
  }
}

function ofKind(names: readonly string[], kind: string): readonly string[] {
  return names.filter((name) => parseFileName(name).kind === kind);
}
