import type { Failure } from "../election/failure.ts";
import type { Disk } from "../disk/disk.ts";
import { DiskError, type DiskErrorCode } from "../disk/disk-error.ts";
import type { Fence } from "./inventory.ts";

/** The failure of the duty that an error of the disk is. */
export function failureOf(disk: Disk, error: unknown): Failure {
  return dutyFailed(`${disk.path}: ${described(error)}`);
}

/** The usual troubles with a directory, for people: the errors tell of a file in it instead. */
const plainly: Readonly<Partial<Record<DiskErrorCode, string>>> = {
  "not-a-directory": "it, or what is above it, is not a directory",
  "may-not-make": "this user may not make it",
  "not-permitted": "this user may not write to it",
};

function described(error: unknown): string {
  if (error instanceof DiskError) {
    const plain = plainly[error.code];
    if (plain !== undefined) return `${plain} (${error.errno ?? error.code})`;
  }
  return messageOf(error);
}

/** The failure of an effect that has taken more than `patienceMs`, and may still end. */
export function hangingFailure(disk: Disk, patienceMs: number): Failure {
  return dutyFailed(`${disk.path}: a write has taken more than ${patienceMs} ms: the disk hangs`);
}

/** The failure of a duty whose directory holds an epoch that the coordinator has not given. */
export function fencedBy(disk: Disk, fence: Fence): Failure {
  const detail =
    `${disk.path}/${fence.file} was written under an epoch that the coordinator has not given; ` +
    "if its data was wiped or restored, move the old files out of the directory; " +
    "or another service writes here: give each service a --file-dir of its own";
  return { resource: "duty", code: "fenced", detail };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function dutyFailed(detail: string): Failure {
  return { resource: "duty", code: "duty-failed", detail };
}
