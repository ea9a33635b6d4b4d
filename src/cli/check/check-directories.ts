import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { within, resolvesBefore } from "../../base/deadline.ts";
import type { Scheduler } from "../../base/scheduler.ts";
import { proofLimitMs } from "../../election/states/proving.ts";
import { proveDirectory } from "../../files/directory-proof.ts";
import { LocalDisk } from "../../disk/local-disk.ts";
import { StateDirectory, StateDirectoryError } from "../../system/state-directory.ts";
import { failing, type Finding, ok, warning } from "../../election/ports/finding.ts";

/**
 * Whether a leader could write there. A directory that does not exist is not made: it would belong
 * to the user who runs the check.
 * @param replica a name that no replica has: what a replica of this name left behind is removed
 * @param service the name of the service, as its files have it
 * @param horizon an epoch that no leadership given so far exceeds, where a server tells
 */
export async function directoryFinding(
  path: string,
  replica: string,
  horizon: bigint | undefined,
  service: string,
  scheduler: Scheduler,
): Promise<Finding> {
  const subject = "directory";
  if (!existsSync(path)) return missingFinding(subject, path);
  const disk = new LocalDisk(path);
  const proving = proveDirectory(disk, replica, service);
  const answered = await within(scheduler, proofLimitMs, [], (limit) =>
    resolvesBefore(proving, limit),
  );
  if (!answered) return failing(subject, `${path}: no answer within ${proofLimitMs} ms`);
  const proof = await proving;
  if (proof.kind === "failed") return failing(subject, proof.failure.detail);
  const { fence } = proof;
  if (fence === undefined) return ok(subject, `${path} can be written; no leader has, so far`);
  if (horizon !== undefined && fence.epoch > horizon) return failing(subject, fence.failure.detail);
  const known = horizon === undefined ? ", which no server could be asked about" : "";
  return ok(subject, `${path} can be written; its highest epoch is ${fence.epoch}${known}`);
}

/** Whether the state directory serves, where there is to be one. */
export async function stateFinding(path: string | null): Promise<Finding> {
  const subject = "state-dir";
  if (path === null) {
    return ok(subject, "off: after a crash leadership waits for the session to run out");
  }
  if (!existsSync(path)) return missingFinding(subject, path);
  try {
    await (await StateDirectory.open(path))[Symbol.asyncDispose]();
    return ok(subject, `${path} can be used`);
  } catch (error) {
    if (!(error instanceof StateDirectoryError)) throw error;
    return warning(subject, `${error.message}; the crash release would be off`);
  }
}

/** A directory that is not there yet: whether it could be made. */
function missingFinding(subject: string, path: string): Finding {
  let above = dirname(resolve(path));
  while (!existsSync(above) && above !== dirname(above)) above = dirname(above);
  try {
    if (!statSync(above).isDirectory()) throw new Error(`${above} is no directory`);
    accessSync(above, constants.W_OK | constants.X_OK);
    return ok(subject, `${path} does not exist yet, and can be made in ${above}`);
  } catch {
    return failing(subject, `${path} does not exist, and cannot be made in ${above}`);
  }
}
