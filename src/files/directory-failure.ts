import type { Failure } from "../election/failure.ts";
import type { Disk } from "../disk/disk.ts";
import type { Fence } from "./inventory.ts";

/** What an error of the disk means to the election. */
export function failureOf(disk: Disk, error: unknown): Failure {
  return dutyFailed(`${disk.path}: ${plainly(error) ?? messageOf(error)}`);
}

/** What usually is wrong with a directory, for people: an error tells of a file in it instead. */
function plainly(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const { code } = error;
  switch (code) {
    case "EEXIST":
    case "ENOTDIR":
      return `it, or what is above it, is not a directory (${code})`;
    case "EACCES":
    case "EPERM": {
      const isMaking = "syscall" in error && error.syscall === "mkdir";
      return `this user may not ${isMaking ? "make" : "write to"} it (${code})`;
    }
    default:
      return undefined;
  }
}

/** An effect that has taken too long, and may still end. */
export function hangingFailure(disk: Disk, patienceMs: number): Failure {
  return dutyFailed(`${disk.path}: a write has taken more than ${patienceMs} ms: the disk hangs`);
}

/** The directory holds a file of a higher epoch than the coordinator gives. */
export function fencedBy(disk: Disk, fence: Fence): Failure {
  const detail =
    `${disk.path}/${fence.file} was written under an epoch that the coordinator has not given; ` +
    "if its data was wiped or restored, move the old files out of the directory; " +
    "or another service writes here: give each --zk-path a --file-dir of its own";
  return { resource: "duty", code: "fenced", detail };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function dutyFailed(detail: string): Failure {
  return { resource: "duty", code: "duty-failed", detail };
}
