import type { Disk } from "../../../src/disk/disk.ts";
import { DiskError, type DiskErrorCode } from "../../../src/disk/disk-error.ts";

/** What else than a plain file may lie under a name. */
export type Stranger = "directory" | "link" | "pipe";

/** An ailment of a disk, until the stage is cured of it. */
export type Ailment =
  /** There is no room. */
  | "full"
  | "read-only"
  /** The directory is gone, and cannot be made. */
  | "gone"
  /** Flushes fail. */
  | "failing"
  /** Nothing that is begun comes to an end. */
  | "hanging";

/** A disk, and the hands that the clauses have on it besides the port. */
export interface DiskStage {
  /** Its directory is made and empty. */
  readonly disk: Disk;
  readonly plant: (name: string, stranger: Stranger) => Promise<void>;
  /** The content of the file to which every planted link leads. */
  readonly behindLinks: () => Promise<string>;
  /** The directory is removed, with all that is in it. It can be made anew. */
  readonly removeDirectory: () => Promise<void>;
  readonly ail: (ailment: Ailment) => Promise<void>;
  readonly cure: (ailment: Ailment) => Promise<void>;
  /** The power is cut, and comes back; undefined where that cannot be had. */
  readonly cutPower: (() => void) | undefined;
}

/** What `behindLinks` gives as long as nobody writes through a link. */
export const untouched = "what a link leads to";

export interface DiskClause {
  readonly name: string;
  /** The ailment, or the power cut, without which the clause says nothing. */
  readonly needs?: Ailment | "power cut";
  readonly check: (stage: DiskStage) => Promise<void>;
}

/** The clauses that can be tried on a disk with these ailments. */
export function clausesFor(
  clauses: readonly DiskClause[],
  possible: readonly (Ailment | "power cut")[],
): readonly DiskClause[] {
  return clauses.filter(({ needs }) => needs === undefined || possible.includes(needs));
}

/** All names in the directory, sorted. */
export async function namesOn(disk: Disk): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const batch of disk.names()) names.push(...batch);
  return names.toSorted();
}

/** With which code a call is refused; "done" when it is not. */
export async function refusalOf(call: Promise<unknown>): Promise<DiskErrorCode | "done"> {
  try {
    await call;
    return "done";
  } catch (error) {
    if (error instanceof DiskError) return error.code;
    throw error;
  }
}
