import type { Proof } from "../election/ports/duty.ts";
import { failureOf, fencedBy } from "./directory-failure.ts";
import type { Disk } from "../disk/disk.ts";
import { noEpoch, temporaryName } from "./file-name.ts";
import { takeInventory, type Unfinished } from "./inventory.ts";

/** A probe as old as this was left behind by a process that is gone. */
const staleProbeMs = 60 * 60 * 1000;

/**
 * Proves that a leader could write here: the directory is there or can be made, and a file can be
 * written, flushed, renamed and removed. Cleans up what earlier processes left unfinished.
 */
export async function proveDirectory(disk: Disk, replica: string, service: string): Promise<Proof> {
  const probe = temporaryName(noEpoch, 0, replica);
  const renamedProbe = temporaryName(noEpoch, 1, replica);
  try {
    await disk.makeDirectory();
    await disk.writeDurably(probe, "probe\n");
    await disk.publish(probe, renamedProbe);
    // The disk's own time: our wall clock may be another than that of who wrote the others.
    const now = await disk.modifiedAt(renamedProbe);
    await disk.remove(renamedProbe);
    const { fence, unfinished } = await takeInventory(disk);
    for (const file of unfinished) {
      if (await isAbandoned(disk, file, replica, now)) await discard(disk, file.name);
    }
    if (fence === undefined) return { kind: "proved", fence: undefined };
    const failure = await fencedBy(disk, fence, service);
    return { kind: "proved", fence: { epoch: fence.epoch, failure } };
  } catch (error) {
    await discard(disk, probe);
    return { kind: "failed", failure: failureOf(disk, error) };
  }
}

/**
 * Whether the writer of an unfinished file is certain never to finish it. Ours is not writing: one
 * process writes one file at a time. The probe of another replica is abandoned once it is an hour
 * old: replica ids change with every start, so nobody else would clean it up.
 * @param replica our own id
 * @param now by the disk's clock; undefined when that could not be read
 */
async function isAbandoned(
  disk: Disk,
  file: Unfinished,
  replica: string,
  now: Date | undefined,
): Promise<boolean> {
  if (file.replica === replica) return true;
  if (file.epoch !== noEpoch) return false;
  const modifiedAt = await disk.modifiedAt(file.name);
  if (modifiedAt === undefined || now === undefined) return false;
  return now.getTime() - modifiedAt.getTime() > staleProbeMs;
}

/** Removes an unfinished file, and says nothing where that fails: the next proof tries again. */
export async function discard(disk: Disk, name: string): Promise<void> {
  await disk.remove(name).catch(() => undefined);
}
