import type { Disk } from "../disk/disk.ts";
import { crc32c } from "./crc32c.ts";
import { LogError } from "./log-error.ts";

/** Who a data directory is, and how often it was started. */
export interface DirectoryIdentity {
  /** The cluster that it belongs to; undefined before that is born. */
  readonly cluster: string | undefined;
  readonly node: string;
  /** Drawn at the first start: 32 hexadecimal digits. */
  readonly directory: string;
  /** How often the node was started: 1 at the first start. */
  readonly starts: number;
  /** Drawn at each start: a copied or rolled back directory shows by it. */
  readonly startId: string;
  /** Whether a log was begun: from then on its absence is a loss. */
  readonly hasLog: boolean;
}

const file = "identity";
const format = 1;
const mostBytes = 65_536;

/** Undefined where there is none. Throws a LogError for one that cannot be trusted. */
export async function readDirectoryIdentity(disk: Disk): Promise<DirectoryIdentity | undefined> {
  const place = { file, offset: 0 };
  const text = await disk.read(file, mostBytes).catch((error: unknown) => {
    throw new LogError("unreadable", "it cannot be read", place, error);
  });
  if (text === undefined) return undefined;
  const [head = "", content = ""] = text.split("\n");
  const [found, checksum] = head.split(" ").map(Number);
  if (checksum !== crc32c(Buffer.from(content))) {
    throw new LogError("corrupt", "its content is not what was written", place);
  }
  if (found !== format) {
    throw new LogError(
      "too-new",
      `it has format ${found}, and ${format} is the newest known`,
      place,
    );
  }
  return JSON.parse(content) as DirectoryIdentity;
}

/** Replaces the identity. It is durable when this resolves. */
export async function writeIdentity(disk: Disk, identity: DirectoryIdentity): Promise<void> {
  const content = JSON.stringify(identity);
  const text = `${format} ${crc32c(Buffer.from(content))}\n${content}\n`;
  await disk.writeDurably(`${file}.new`, text);
  await disk.publish(`${file}.new`, file);
}
