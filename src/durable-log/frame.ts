import { crc32c } from "./crc32c.ts";
import { type LogRecord, readRecord, recordBytes, writeRecord } from "./record.ts";

/**
 * What is written at once: the records of one batch, behind a header.
 *
 * - A1. A frame begins at a sector, and a medium writes a sector whole or not at all. The file was
 *   zeros before. So a frame that was torn lacks sectors that it had, and one that lacks none
 *   while its checksum fails has rotted.
 * - A2. A frame says up to which frame everything was durable when it was made. A bad frame that a
 *   later one calls durable has rotted as well.
 */
interface Frame {
  /** 1, 2, 3, ... since the birth of the log, without a gap. */
  readonly number: number;
  /** The frames up to this number were durable when this one was made. */
  readonly durable: number;
  readonly records: readonly LogRecord[];
}

export const sectorBytes = 512;
/** Magic (4), CRC of the rest (4), length (4), CRC (4), number (6), durable (6), sectors (4). */
const headerBytes = 32;
const magic = 0x4d524645;

/** What lies at a place where a frame may begin. */
type FrameReading =
  | {
      readonly kind: "frame";
      readonly frame: Frame;
      readonly bytes: number;
      readonly offsets: readonly number[];
    }
  /** Nothing was written here. */
  | { readonly kind: "none" }
  /** A write that did not come to its end. Its number is known when its header is there. */
  | { readonly kind: "torn"; readonly number: number | undefined }
  | { readonly kind: "rotten" };

/** How many bytes the frame of these records takes in its file. */
export function frameBytes(records: readonly LogRecord[]): number {
  return roundUp(records.reduce((sum, record) => sum + recordBytes(record), headerBytes));
}

/** The bytes of a frame, and where in them each record begins. */
export function encodeFrame({ number, durable, records }: Frame): {
  readonly bytes: Buffer;
  readonly offsets: readonly number[];
} {
  const bytes = Buffer.alloc(frameBytes(records));
  const offsets: number[] = [];
  let end = headerBytes;
  for (const record of records) {
    offsets.push(end);
    end = writeRecord(bytes, end, record);
  }
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(end - headerBytes, 8);
  bytes.writeUInt32LE(crc32c(bytes.subarray(headerBytes, end)), 12);
  bytes.writeUIntLE(number, 16, 6);
  bytes.writeUIntLE(durable, 22, 6);
  bytes.writeUInt32LE(writtenSectors(bytes), 28);
  bytes.writeUInt32LE(crc32c(bytes.subarray(8, headerBytes)), 4);
  return { bytes, offsets };
}

/** Reads what lies at `offset`, a multiple of a sector, of the content of a segment. */
export function readFrame(source: Buffer, offset: number): FrameReading {
  const sector = source.subarray(offset, offset + sectorBytes);
  if (isZero(sector)) return { kind: "none" };
  const header = readHeader(sector);
  if (header === undefined) return { kind: "rotten" };
  const { number, durable, length, checksum, sectors } = header;
  const bytes = source.subarray(offset, offset + roundUp(headerBytes + length));
  const payload = bytes.subarray(headerBytes, headerBytes + length);
  if (payload.length < length) return { kind: "rotten" };
  if (crc32c(payload) !== checksum || !isZero(bytes.subarray(headerBytes + length))) {
    return writtenSectors(bytes) < sectors ? { kind: "torn", number } : { kind: "rotten" };
  }
  const records: LogRecord[] = [];
  const offsets: number[] = [];
  for (let at = 0; at < length;) {
    const reading = readRecord(payload, at);
    if (reading === undefined) return { kind: "rotten" };
    records.push(reading.record);
    offsets.push(headerBytes + at);
    at = reading.end;
  }
  return { kind: "frame", frame: { number, durable, records }, bytes: bytes.length, offsets };
}

interface FrameHeader {
  readonly length: number;
  readonly checksum: number;
  readonly number: number;
  readonly durable: number;
  readonly sectors: number;
}

/** The header at the start of a sector; undefined where there is none that is whole. */
export function readHeader(sector: Buffer): FrameHeader | undefined {
  if (sector.length < headerBytes || sector.readUInt32LE(0) !== magic) return undefined;
  if (crc32c(sector.subarray(8, headerBytes)) !== sector.readUInt32LE(4)) return undefined;
  return {
    length: sector.readUInt32LE(8),
    checksum: sector.readUInt32LE(12),
    number: sector.readUIntLE(16, 6),
    durable: sector.readUIntLE(22, 6),
    sectors: sector.readUInt32LE(28),
  };
}

function writtenSectors(bytes: Buffer): number {
  let count = 0;
  for (let start = 0; start < bytes.length; start += sectorBytes) {
    // The first one holds the header, which counts before it is there.
    if (start === 0 || !isZero(bytes.subarray(start, start + sectorBytes))) count += 1;
  }
  return count;
}

const zeros = Buffer.alloc(65_536);

/** Whether there is nothing but zeros. */
export function isZero(bytes: Buffer): boolean {
  for (let start = 0; start < bytes.length; start += zeros.length) {
    const part = bytes.subarray(start, start + zeros.length);
    if (zeros.compare(part, 0, part.length, 0, part.length) !== 0) return false;
  }
  return true;
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / sectorBytes) * sectorBytes;
}
