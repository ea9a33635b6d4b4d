import { requestLimitMs } from "../lease-timing.ts";
import type {
  LeftBehind,
  LeftBehindRecords,
  Teller,
} from "../../../election/ports/crash-records.ts";
import { unreachable } from "../../../base/unreachable.ts";
import { formatServer } from "../../../zookeeper/connection-string.ts";
import {
  decodeSessionKey,
  isSameService,
  type ServiceIdentity,
} from "../leadership/session-key.ts";
import type { ServerAccess } from "../server-access.ts";
import { type Release, releaseSession } from "./session-release.ts";

/**
 * Gives up what dead processes of this host held, so that the next in line need not wait for their
 * sessions to run out. Resolves with whether all is done. When `limit` aborts, what is left is
 * tried by the next process that starts.
 */
export async function releaseLeftBehind(
  left: LeftBehindRecords,
  access: ServerAccess,
  tell: Teller,
  limit: AbortSignal,
): Promise<boolean> {
  let allDone = true;
  const work = async (one: LeftBehind): Promise<void> => {
    for (let next: LeftBehind | undefined = one; next !== undefined;) {
      const done = await releaseOne(next, access, tell, limit);
      allDone &&= done;
      next = limit.aborted ? undefined : await left.next();
    }
  };
  await Promise.all(left.first.map(work));
  return allDone;
}

async function releaseOne(
  left: LeftBehind,
  access: ServerAccess,
  tell: Teller,
  limit: AbortSignal,
): Promise<boolean> {
  const kept = decodeSessionKey(left.record);
  const service = serviceOf(access);
  if (kept === undefined) {
    left.keep();
    tell("warn", "a record of a dead process makes no sense, and is left alone");
    return false;
  }
  if (!isSameService(kept.service, service)) {
    left.keep();
    const { basePath, servers } = kept.service;
    tell("info", `a record of another service is left to it: ${basePath} on ${servers.join()}`);
    return true;
  }
  const release = await releaseSession(patient(access), kept.key, limit);
  if (release.kind === "failed") left.keep();
  else await left.forget();
  tell(release.kind === "failed" ? "warn" : "info", described(release));
  return release.kind !== "failed";
}

/** The dead process' session may have been granted far more than what is asked for. */
function patient(access: ServerAccess): ServerAccess {
  const { sessionTimeoutMs } = access;
  return { ...access, sessionTimeoutMs: requestLimitMs(sessionTimeoutMs) };
}

/** The service that sessions with this access are opened for. */
export function serviceOf({ servers, basePath }: ServerAccess): ServiceIdentity {
  return { servers: servers.map(formatServer), basePath };
}

function described(release: Release): string {
  switch (release.kind) {
    case "released":
      return `gave up epoch ${release.epoch} of a process that was killed`;
    case "closed":
      return `closed the session of a process that was killed; ${release.detail}`;
    case "gone":
      return "the session of a process that was killed has run out already";
    case "failed":
      return `cannot release what a killed process held: ${release.detail}`;
    default:
      return unreachable(release);
  }
}
