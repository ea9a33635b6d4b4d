import type { EntryKind, HardState } from "../raft/log/log-store.ts";
import { crc32c } from "./crc32c.ts";

/** A place in the history: an index, and the term of the entry there. */
export interface Position {
  readonly index: number;
  readonly term: number;
}

/** One fact of the log. */
export type LogRecord =
  | { readonly kind: EntryKind; readonly position: Position; readonly data: Uint8Array }
  /** Term and vote, together: either alone could lead to two votes in one term. */
  | { readonly kind: "hard-state"; readonly hardState: HardState }
  /** The entries from this index on are gone. */
  | { readonly kind: "cut"; readonly from: number }
  /** The last entry before this segment. Entries behind it are in it, and in those that follow. */
  | { readonly kind: "base"; readonly position: Position }
  /** The snapshot that counts from now on; the log stays. */
  | { readonly kind: "snapshot"; readonly position: Position }
  /** The snapshot that takes the place of the whole log. */
  | { readonly kind: "install"; readonly position: Position };

const types = {
  data: 1,
  members: 2,
  empty: 3,
  "hard-state": 4,
  cut: 5,
  base: 6,
  snapshot: 7,
  install: 8,
} as const satisfies Record<LogRecord["kind"], number>;
const kinds = Object.keys(types) as LogRecord["kind"][];

/** Length (4), CRC-32C of what follows it (4), type (1), index (6), term (6). */
export const recordHeaderBytes = 21;
/** Indices and terms take six bytes. */
const largest = 2 ** 48 - 1;

/** How many bytes a record takes. */
export function recordBytes(record: LogRecord): number {
  return recordHeaderBytes + contentOf(record).length;
}

/** Writes a record at `offset`, and returns where it ends. */
export function writeRecord(target: Buffer, offset: number, record: LogRecord): number {
  const { index, term } = positionOf(record);
  if (index > largest || term > largest) throw new RangeError("an index or a term beyond 2^48");
  const content = contentOf(record);
  const end = offset + recordHeaderBytes + content.length;
  target.writeUInt32LE(content.length, offset);
  target.writeUInt8(types[record.kind], offset + 8);
  target.writeUIntLE(index, offset + 9, 6);
  target.writeUIntLE(term, offset + 15, 6);
  target.set(content, offset + recordHeaderBytes);
  target.writeUInt32LE(crc32c(target.subarray(offset + 8, end)), offset + 4);
  return end;
}

/** The record at `offset`, and where it ends; undefined where there is none that is whole. */
export function readRecord(
  source: Buffer,
  offset: number,
): { readonly record: LogRecord; readonly end: number } | undefined {
  if (offset + recordHeaderBytes > source.length) return undefined;
  const end = offset + recordHeaderBytes + source.readUInt32LE(offset);
  if (end > source.length) return undefined;
  if (crc32c(source.subarray(offset + 8, end)) !== source.readUInt32LE(offset + 4))
    return undefined;
  const type = source.readUInt8(offset + 8);
  const position = {
    index: source.readUIntLE(offset + 9, 6),
    term: source.readUIntLE(offset + 15, 6),
  };
  const content = source.subarray(offset + recordHeaderBytes, end);
  const kind = kinds.find((name) => types[name] === type);
  const record = kind === undefined ? undefined : recordOf(kind, position, content);
  return record === undefined ? undefined : { record, end };
}

function recordOf(
  kind: LogRecord["kind"],
  position: Position,
  content: Buffer,
): LogRecord | undefined {
  switch (kind) {
    case "data":
    case "members":
    case "empty":
      return { kind, position, data: new Uint8Array(content) };
    case "hard-state": {
      // The first byte tells a vote from none: an id may be any text.
      const vote = content[0] === 1 ? content.toString("utf8", 1) : undefined;
      return { kind, hardState: { term: position.term, vote } };
    }
    case "cut":
      return { kind, from: position.index };
    case "base":
    case "snapshot":
    case "install":
      return { kind, position };
    default:
      return undefined;
  }
}

function positionOf(record: LogRecord): Position {
  if (record.kind === "hard-state") return { index: 0, term: record.hardState.term };
  if (record.kind === "cut") return { index: record.from, term: 0 };
  return record.position;
}

const nothing = new Uint8Array();

function contentOf(record: LogRecord): Uint8Array {
  if ("data" in record) return record.data;
  if (record.kind !== "hard-state") return nothing;
  const { vote } = record.hardState;
  return vote === undefined ? new Uint8Array(1) : Buffer.from(`\u0001${vote}`);
}
