import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { MultiError } from "../../../zookeeper/errors.ts";
import type { MultiOperation } from "../../../zookeeper/multi.ts";
import type { RecordLayout } from "./layout.ts";
import { encodeLeaseNote } from "./records.ts";

/** Where the entry in the line stands in the commit. */
const entryIndex = 2;

/** The records by which a leadership is held. */
interface HeldRecords {
  /** The version of the lease note as the leadership wrote it. */
  readonly noteVersion: number;
  /** The path of the leader's entry in the line; undefined where it shall not be touched. */
  readonly entry: string | undefined;
}

/**
 * Gives a leadership up, in one commit: the lease note says `released`, the leader node goes, and
 * the leader's entry in the line with it.
 *
 * The version of the note proves that the leader node is that leadership's: a successor's taking
 * would have raised it. The note comes first, because the first in line hears of the parts in
 * their order: see LeaseNoteWatch.
 *
 * Danger: the successor starts at once. No effect of the leadership may run, and none may start any
 * more. After an unknown outcome it is not repeated without reading: a successor may lead already.
 *
 * Rejects with a ZooKeeperError; unless its outcome is unknown, nothing was given up.
 */
export async function giveUp(
  client: ZooKeeperClient,
  layout: RecordLayout,
  { noteVersion, entry }: HeldRecords,
  signal: AbortSignal,
): Promise<void> {
  const data = encodeLeaseNote({ state: "released" });
  const held: readonly MultiOperation[] = [
    { kind: "set", path: layout.leaseNote, data, version: noteVersion },
    { kind: "delete", path: layout.leader },
  ];
  if (entry === undefined) return void (await client.multi(held, { signal }));
  try {
    await client.multi([...held, { kind: "delete", path: entry }], { signal });
  } catch (error) {
    // Somebody has removed the entry: nothing was executed, and the rest holds as before.
    if (!(error instanceof MultiError) || error.index !== entryIndex) throw error;
    await client.multi(held, { signal });
  }
}
