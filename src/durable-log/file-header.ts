import { crc32c } from "./crc32c.ts";
import { sectorBytes } from "./frame.ts";
import { LogError } from "./log-error.ts";

/** The format that this release writes, and the newest that it reads. */
const format = 1;
const magic = "ELECTION";
const fileKinds = { segment: 1, snapshot: 2 } as const;

/** The first sector of every file of the log. Later formats keep magic, checksum and format. */
interface FileHeader {
  readonly kind: keyof typeof fileKinds;
  /** The id of the data directory: 32 hexadecimal digits. */
  readonly directory: string;
  /** Of a segment its number, of a snapshot its index. */
  readonly number: number;
  /** Of a segment the number of its first frame, of a snapshot its term. */
  readonly second: number;
  /** The bytes behind the header, and their CRC-32C; 0 for a segment. */
  readonly length: number;
  readonly checksum: number;
}

export function encodeFileHeader(header: FileHeader): Buffer {
  const bytes = Buffer.alloc(sectorBytes);
  bytes.write(magic, 0, "latin1");
  bytes.writeUInt16LE(format, 12);
  bytes.writeUInt8(fileKinds[header.kind], 14);
  bytes.write(header.directory, 15, 16, "hex");
  bytes.writeUIntLE(header.number, 31, 6);
  bytes.writeUIntLE(header.second, 37, 6);
  bytes.writeUIntLE(header.length, 43, 6);
  bytes.writeUInt32LE(header.checksum, 49);
  bytes.writeUInt32LE(crc32c(bytes.subarray(12)), 8);
  return bytes;
}

/** Reads the header of a file. Throws a LogError where it is none of this directory. */
export function decodeFileHeader(
  file: string,
  bytes: Buffer,
  { kind, directory }: Pick<FileHeader, "kind" | "directory">,
): FileHeader {
  const place = { file, offset: 0 };
  const sector = bytes.subarray(0, sectorBytes);
  const sound =
    sector.length === sectorBytes &&
    sector.toString("latin1", 0, 8) === magic &&
    sector.readUInt32LE(8) === crc32c(sector.subarray(12));
  if (!sound) throw new LogError("corrupt", "its header is not what was written", place);
  const found = sector.readUInt16LE(12);
  if (found > format) {
    throw new LogError(
      "too-new",
      `it has format ${found}, and ${format} is the newest known`,
      place,
    );
  }
  const owner = sector.toString("hex", 15, 31);
  if (owner !== directory) {
    throw new LogError("foreign", `it belongs to directory ${owner}, not to ${directory}`, place);
  }
  if (sector.readUInt8(14) !== fileKinds[kind]) {
    throw new LogError("corrupt", `it is no ${kind}`, place);
  }
  return {
    kind,
    directory,
    number: sector.readUIntLE(31, 6),
    second: sector.readUIntLE(37, 6),
    length: sector.readUIntLE(43, 6),
    checksum: sector.readUInt32LE(49),
  };
}
