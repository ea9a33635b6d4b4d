import type { DiskFile } from "../disk/disk-file.ts";
import { encodeFileHeader } from "./file-header.ts";
import { sectorBytes } from "./frame.ts";
import type { Position } from "./record.ts";

const namePattern = /^log-(\d{15})$/;

/** One file of the log: a header, frames, and zeros behind them. */
export interface Segment {
  readonly number: number;
  readonly name: string;
  readonly file: DiskFile;
  /** The last entry before it, which its first frame repeats. */
  base: Position;
  /** The highest index that it, or what is before it, ever had. */
  highest: number;
  /** Where the next frame goes, in bytes. */
  end: number;
}

export function segmentName(number: number): string {
  return `log-${String(number).padStart(15, "0")}`;
}

/** The number of the segment that has this name; undefined for every other name. */
export function segmentNumber(name: string): number | undefined {
  const found = namePattern.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

export function segmentHeader(directory: string, number: number, firstFrame: number): Buffer {
  return encodeFileHeader({
    kind: "segment",
    directory,
    number,
    second: firstFrame,
    length: 0,
    checksum: 0,
  });
}

/** A segment without frames. */
export function newSegment(number: number, file: DiskFile, base: Position): Segment {
  const name = segmentName(number);
  return { number, name, file, base, highest: base.index, end: sectorBytes };
}
