/**
 * Why a log does not open, or does not go on:
 *
 * - `corrupt`: bytes that were durable are not what they were.
 * - `unreadable`: the disk refuses to read.
 * - `foreign`: the directory belongs to another cluster or node.
 * - `too-new`: a newer release wrote the file.
 * - `incomplete`: files that must be there are missing.
 * - `write-failed`: a write or its flush failed. What the disk holds is uncertain from now on, and
 *   the process must end: only a new start reads what is there.
 * - `closed`: nothing is written any more.
 */
type LogErrorCode =
  "corrupt" | "unreadable" | "foreign" | "too-new" | "incomplete" | "write-failed" | "closed";

const replace =
  "Nothing was changed. Replace this node: give it an empty directory and a new place";
const cures: Readonly<Record<LogErrorCode, string>> = {
  corrupt: replace,
  unreadable: `Check the disk. ${replace} when it stays so`,
  foreign: "Nothing was changed. Start with this node's own data directory",
  "too-new": "Nothing was changed. Start the release that wrote it, or a newer one",
  incomplete: replace,
  "write-failed": "The process must end; the next start reads what is there",
  closed: "Nothing more is written",
};

/** The log cannot be trusted, or not be written. The message says where and what to do. */
export class LogError extends Error {
  readonly code: LogErrorCode;
  /** The name of the file that is meant. */
  readonly file: string;
  /** In bytes from the start of the file. */
  readonly offset: number;

  constructor(code: LogErrorCode, problem: string, place: LogPlace, cause?: unknown) {
    const { file, offset } = place;
    super(`${file} at byte ${offset}: ${problem}. ${cures[code]}.`, { cause });
    this.code = code;
    this.file = file;
    this.offset = offset;
  }
}

/** Where in a log something is. */
interface LogPlace {
  readonly file: string;
  readonly offset: number;
}
