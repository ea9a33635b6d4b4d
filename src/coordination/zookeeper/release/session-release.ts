import type { Epoch } from "../../../election/ports/coordinator.ts";
import { type Access, openAccess } from "../../../zookeeper/access.ts";
import { whyNoServer } from "../leadership/client-observation.ts";
import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { ZooKeeperError } from "../../../zookeeper/errors.ts";
import { type RecordLayout, layoutBelow } from "../leadership/layout.ts";
import { giveUp } from "../leadership/give-up.ts";
import { decodeLeaseNote, epochOfLeaseNote } from "../leadership/records.ts";
import type { SessionKey } from "../leadership/session-key.ts";
import type { ServerAccess } from "../server-access.ts";
import { visit } from "../../../zookeeper/visit.ts";

/** How often a release is tried: a reply may be lost. */
const tries = 3;

/** How the servers are reached that keep the session: it is taken to live as long as is asked. */
export interface ReleaseOptions extends Omit<ServerAccess, "access"> {
  /** Nobody without it, as in CoordinatorOptions. */
  readonly access?: Access | undefined;
}

/** How it went; `failed` may be tried again. */
export type Release =
  | { readonly kind: "released"; readonly epoch: Epoch }
  /** Nothing could be released; the session is closed, with all that is ephemeral. */
  | { readonly kind: "closed"; readonly detail: string }
  /** The servers had forgotten it already. */
  | { readonly kind: "gone" }
  | { readonly kind: "failed"; readonly detail: string };

/**
 * Gives up what a session of ours held, as its owner would have done: the leadership, where it may
 * be given up, and then the session, with its place in line.
 *
 * Danger: the successor starts at once. So `key` may have an epoch only when nothing acts under it
 * any more, and nothing will: either its process is certainly dead, with every effect that it had
 * under way; or it is this process, whose every effect of that epoch has ended, and which has
 * resigned (see UnclosedSessions). Nobody else may use the session meanwhile.
 */
export async function releaseSession(
  options: ReleaseOptions,
  key: SessionKey,
  signal: AbortSignal,
): Promise<Release> {
  const { access = openAccess, basePath, ...reaching } = options;
  const visiting = { ...access, ...reaching, resume: key, triesOnce: false };
  const releasing = await visit(visiting, signal, async (client): Promise<Release> => {
    const release = await tryToRelease(client, layoutBelow(basePath), key.epoch, signal);
    // A session that is kept in vain would live for longer, and its leader node with it.
    if (release.kind !== "failed") await client.close(signal);
    if (release.kind !== "closed" || client.end?.confirmed) return release;
    return { kind: "failed", detail: client.end?.detail ?? release.detail };
  });
  if (releasing.kind === "done") return releasing.result;
  const { end, trouble } = releasing;
  if (end?.kind === "expired") return { kind: "gone" };
  return { kind: "failed", detail: end?.detail ?? whyNoServer(trouble) };
}

/** Releases the leadership. It reads before it writes, so what was left unknown is repeated. */
async function tryToRelease(
  client: ZooKeeperClient,
  layout: RecordLayout,
  acted: Epoch | undefined,
  signal: AbortSignal,
): Promise<Release> {
  let detail = "";
  for (let count = 0; count < tries; count += 1) {
    try {
      const epoch = await releaseLeadership(client, layout, acted, signal);
      if (epoch !== undefined) return { kind: "released", epoch };
      return { kind: "closed", detail: "it did not lead" };
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      detail = error.message;
      if (client.end?.kind === "expired") return { kind: "gone" };
      if (signal.aborted) break;
      // Refused, and it would be again.
      if (error.outcome !== "unknown") return { kind: "closed", detail };
    }
  }
  return { kind: "failed", detail };
}

/**
 * Gives up the leadership `acted`, and resolves with it. Resolves with undefined where the session
 * does not hold it, or never acted: an earlier lease may still run then, and the end of the session
 * leaves `held` behind.
 */
async function releaseLeadership(
  client: ZooKeeperClient,
  layout: RecordLayout,
  acted: Epoch | undefined,
  signal: AbortSignal,
): Promise<Epoch | undefined> {
  if (acted === undefined) return undefined;
  // Its owner may have seen more than the server that answers us now.
  await client.sync(layout.base, { signal });
  const { stat } = await client.exists(layout.leader, { signal });
  if (stat?.ephemeralOwner !== client.sessionId || stat.czxid !== acted) return undefined;
  const note = await client.getData(layout.leaseNote, { signal });
  // A note that is not about this leadership says that something else may run: closing is enough.
  if (epochOfLeaseNote(decodeLeaseNote(note.data), note.stat.mzxid) !== acted) return undefined;
  await giveUp(client, layout, { noteVersion: note.stat.version, entry: undefined }, signal);
  return acted;
}
