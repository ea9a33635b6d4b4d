import { quoted } from "../base/quoted.ts";
import type { Failure } from "../election/failure.ts";
import type { Disk } from "../disk/disk.ts";
import { DiskError, type DiskErrorCode } from "../disk/disk-error.ts";
import type { Fence } from "./inventory.ts";

/** Tells an error of the disk as a failure of the duty. */
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

/** A file of ours is a few hundred bytes long. */
const mostBytes = 64 * 1024;

/**
 * The failure of a duty whose directory holds an epoch that the coordinator has not given: of
 * another service, where the file says so, or of ours before the coordinator forgot it.
 * @param service the name of our own service, as its files have it
 */
export async function fencedBy(disk: Disk, fence: Fence, service: string): Promise<Failure> {
  const file = `${disk.path}/${fence.file}`;
  const writer = await serviceIn(disk, fence.file);
  return { resource: "duty", code: "fenced", detail: `${file} ${reasonOf(writer, service)}` };
}

function reasonOf(writer: string | undefined, service: string): string {
  if (writer !== undefined && writer !== service) {
    const names = `${quoted(writer)}, and this one is ${quoted(service)}`;
    return `was written by another service, ${names}: give each service a --file-dir of its own`;
  }
  const restored =
    "was written under an epoch that the coordinator has not given; " +
    "if its data was wiped or restored, move the old files out of the directory; ";
  if (writer === service)
    return `${restored}or a service of this name on other servers writes here`;
  return `${restored}or another service writes here: give each service a --file-dir of its own`;
}

/** The service that a file names; undefined where it names none, or makes no sense. */
async function serviceIn(disk: Disk, name: string): Promise<string | undefined> {
  try {
    const record: unknown = JSON.parse((await disk.read(name, mostBytes)) ?? "");
    if (typeof record !== "object" || record === null || !("service" in record)) return undefined;
    return typeof record.service === "string" ? record.service : undefined;
  } catch {
    return undefined;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function dutyFailed(detail: string): Failure {
  return { resource: "duty", code: "duty-failed", detail };
}
