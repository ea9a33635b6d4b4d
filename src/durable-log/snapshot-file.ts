import type { Disk } from "../disk/disk.ts";
import type { SnapshotMeta } from "../raft/log/log-store.ts";
import { decodeMembers, encodeMembers, noMembers } from "../raft/members.ts";
import { crc32c } from "./crc32c.ts";
import { decodeFileHeader, encodeFileHeader } from "./file-header.ts";
import { sectorBytes } from "./frame.ts";
import { LogError } from "./log-error.ts";
import type { Position } from "./record.ts";

/** A state machine as of one entry. */
export interface Snapshot {
  readonly meta: SnapshotMeta;
  readonly data: Uint8Array;
}

const temporary = "snapshot.new";
const pieceBytes = 1_048_576;

/** What a log stands on that never had a snapshot. */
export const noSnapshot: Snapshot = {
  meta: { index: 0, term: 0, members: noMembers },
  data: new Uint8Array(),
};

function nameOf({ index, term }: Position): string {
  return `snapshot-${index}-${term}`;
}

/** Writes a snapshot aside and gives it its name: it is durable, whole, when this resolves. */
export async function writeSnapshot(
  disk: Disk,
  directory: string,
  { meta, data }: Snapshot,
): Promise<void> {
  const members = meta.members.voters.length === 0 ? new Uint8Array() : encodeMembers(meta.members);
  const content = Buffer.alloc(4 + members.length + data.length);
  content.writeUInt32LE(members.length);
  content.set(members, 4);
  content.set(data, 4 + members.length);
  const header = encodeFileHeader({
    kind: "snapshot",
    directory,
    number: meta.index,
    second: meta.term,
    length: content.length,
    checksum: crc32c(content),
  });
  const file = await disk.createFile(temporary);
  try {
    await file.writeAt(0, header);
    for (let start = 0; start < content.length; start += pieceBytes) {
      await file.writeAt(sectorBytes + start, content.subarray(start, start + pieceBytes));
    }
  } finally {
    await file.close();
  }
  await disk.publish(temporary, nameOf(meta));
}

/** Reads the snapshot that the log names. Throws a LogError where it is missing or not sound. */
export async function readSnapshot(
  disk: Disk,
  directory: string,
  position: Position,
): Promise<Snapshot> {
  const name = nameOf(position);
  const bytes = await contentOf(disk, name);
  const header = decodeFileHeader(name, bytes, { kind: "snapshot", directory });
  const content = bytes.subarray(sectorBytes, sectorBytes + header.length);
  const place = { file: name, offset: sectorBytes };
  if (content.length < header.length || crc32c(content) !== header.checksum) {
    throw new LogError("corrupt", "its content is not what was written", place);
  }
  const membersEnd = 4 + content.readUInt32LE();
  const members = membersEnd === 4 ? noMembers : decodeMembers(content.subarray(4, membersEnd));
  const { number: index, second: term } = header;
  if (members === undefined || index !== position.index || term !== position.term) {
    throw new LogError("corrupt", "it is not the snapshot that its name says", place);
  }
  return { meta: { index, term, members }, data: new Uint8Array(content.subarray(membersEnd)) };
}

/** The whole content of a file of the log. Throws a LogError where it cannot be had. */
async function contentOf(disk: Disk, name: string): Promise<Buffer> {
  const place = { file: name, offset: 0 };
  try {
    const file = await disk.openFile(name);
    if (file === undefined)
      throw new LogError("incomplete", "the log names it, and it is missing", place);
    try {
      const bytes = await file.readAt(0, file.size);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof LogError) throw error;
    throw new LogError("unreadable", "it cannot be read", place, error);
  }
}

/** Removes the snapshots of before this index. No recovery asks for them any more. */
export async function removeSnapshotsBefore(disk: Disk, index: number): Promise<void> {
  const old: string[] = [];
  for await (const batch of disk.names()) {
    for (const name of batch) {
      const found = /^snapshot-(\d+)-\d+$/.exec(name)?.[1];
      if (found !== undefined && Number(found) < index) old.push(name);
    }
  }
  for (const name of old) await disk.remove(name);
}
