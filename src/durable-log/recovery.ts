import type { Disk } from "../disk/disk.ts";
import type { DiskFile } from "../disk/disk-file.ts";
import { decodeFileHeader } from "./file-header.ts";
import { isZero, readFrame, readHeader, sectorBytes } from "./frame.ts";
import { LogError } from "./log-error.ts";
import type { LogIndex } from "./log-index.ts";
import { newSegment, type Segment, segmentName, segmentNumber } from "./segment.ts";

const pieceBytes = 1_048_576;

/** What a start found, with its files open. */
interface RecoveredLog {
  readonly segments: readonly Segment[];
  /** The number of the last frame. */
  readonly lastFrame: number;
}

interface Place {
  readonly segment: Segment;
  readonly content: Buffer;
  readonly isLast: boolean;
  frame: number;
}

/**
 * Reads a whole log into its index.
 *
 * - V1. Only the end of the last segment can be torn, since a new one waits for all writes before.
 *   What is torn there was never told as durable (A1, A2 of frame.ts), and is zeroed.
 * - V2. Everything else that is not as it was written refuses the log, and changes nothing.
 */
export async function recoverLog(
  disk: Disk,
  directory: string,
  index: LogIndex,
): Promise<RecoveredLog> {
  const numbers = await segmentNumbers(disk);
  const segments: Segment[] = [];
  let frame = 0;
  try {
    for (const number of numbers) {
      const file = await openSegment(disk, segmentName(number));
      const segment = newSegment(number, file, index.last);
      segments.push(segment);
      const content = await contentOf(segment);
      const header = decodeFileHeader(segment.name, content, { kind: "segment", directory });
      const isFirst = segments.length === 1;
      if (isFirst) frame = header.second - 1;
      else if (header.second !== frame + 1 || header.number !== number) {
        throw new LogError("incomplete", `frame ${frame + 1} is missing`, at(segment, 0));
      }
      const isLast = segments.length === numbers.length;
      const place: Place = { segment, content, isLast, frame };
      readFrames(place, index, isFirst);
      ({ frame } = place);
      if (isLast) await zeroRest(place);
    }
    return { segments, lastFrame: frame };
  } catch (error) {
    for (const { file } of segments) await file.close().catch(() => undefined);
    throw error;
  }
}

/** The numbers of the segments of a directory, in order. Throws a LogError where one is missing. */
export async function segmentNumbers(disk: Disk): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const batch of disk.names()) {
    for (const name of batch) {
      const number = segmentNumber(name);
      if (number !== undefined) found.push(number);
    }
  }
  const numbers = found.toSorted((a, b) => a - b);
  const first = numbers[0] ?? 0;
  const gap = numbers.findIndex((number, place) => number !== first + place);
  if (gap === -1) return numbers;
  const file = segmentName(first + gap);
  throw new LogError("incomplete", "it is missing between others", { file, offset: 0 });
}

async function openSegment(disk: Disk, name: string): Promise<DiskFile> {
  const place = { file: name, offset: 0 };
  const file = await disk.openFile(name).catch((error: unknown) => {
    throw new LogError("unreadable", "it cannot be opened", place, error);
  });
  if (file === undefined) throw new LogError("incomplete", "it is missing", place);
  return file;
}

async function contentOf(segment: Segment): Promise<Buffer> {
  const { file } = segment;
  const content = Buffer.alloc(file.size);
  for (let start = 0; start < content.length; start += pieceBytes) {
    const wanted = Math.min(pieceBytes, content.length - start);
    const piece = await file.readAt(start, wanted).catch((error: unknown) => {
      throw new LogError("unreadable", "it cannot be read", at(segment, start), error);
    });
    if (piece.length < wanted) {
      throw new LogError("unreadable", "a read ended early", at(segment, start + piece.length));
    }
    content.set(piece, start);
  }
  return content;
}

function readFrames(place: Place, index: LogIndex, isFirst: boolean): void {
  const { segment, content, isLast } = place;
  while (segment.end < content.length) {
    const reading = readFrame(content, segment.end);
    if (reading.kind === "rotten") {
      throw new LogError("corrupt", "its checksum is wrong", at(segment, segment.end));
    }
    if (reading.kind !== "frame") break;
    const { frame, bytes, offsets } = reading;
    if (frame.number !== place.frame + 1) {
      const problem = `frame ${frame.number} stands behind ${place.frame}`;
      throw new LogError("corrupt", problem, at(segment, segment.end));
    }
    const [first] = frame.records;
    if (isFirst && segment.end === sectorBytes && first?.kind === "base") {
      index.startAt(first.position);
      segment.base = first.position;
      segment.highest = first.position.index;
    }
    for (const [number, record] of frame.records.entries()) {
      const offset = segment.end + (offsets[number] ?? 0);
      const problem = index.apply(record, segment, offset);
      if (problem !== undefined) throw new LogError("corrupt", problem, at(segment, offset));
    }
    place.frame = frame.number;
    segment.end += bytes;
  }
  const lost = laterFrame(place);
  const torn = !isZero(content.subarray(segment.end));
  if (lost || (torn && !isLast)) {
    throw new LogError("corrupt", "what was durable here is gone", at(segment, segment.end));
  }
}

/** Whether a frame behind the end says that the one at the end was durable (A2 of frame.ts). */
function laterFrame({ segment, content, frame }: Place): boolean {
  for (let start = segment.end; start < content.length; start += sectorBytes) {
    const header = readHeader(content.subarray(start, start + sectorBytes));
    if (header !== undefined && header.durable > frame) return true;
  }
  return false;
}

/** Zeros what a torn write has left, backwards, so that a crash meanwhile leaves it torn. */
async function zeroRest({ segment, content }: Place): Promise<void> {
  const { end, file } = segment;
  const last = content.length - 1;
  if (isZero(content.subarray(end))) return;
  for (let until = last + 1; until > end;) {
    const start = Math.max(end, until - pieceBytes);
    if (!isZero(content.subarray(start, until))) {
      await file.writeAt(start, new Uint8Array(until - start)).catch((error: unknown) => {
        throw new LogError("write-failed", "its torn end cannot be cut", at(segment, start), error);
      });
    }
    until = start;
  }
}

function at({ name }: Segment, offset: number): { readonly file: string; readonly offset: number } {
  return { file: name, offset };
}
