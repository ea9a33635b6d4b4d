import type { Epoch } from "../../../election/ports/coordinator.ts";
import type { Scheduler } from "../../../base/scheduler.ts";
import { type Access, openAccess } from "../../../zookeeper/access.ts";
import { ClientObservation } from "../leadership/client-observation.ts";
import { ZooKeeperClient } from "../../../zookeeper/client.ts";
import type { ServerAddress } from "../../../zookeeper/connection-string.ts";
import { ZooKeeperError } from "../../../zookeeper/errors.ts";
import { type Layout, layoutBelow } from "../leadership/layout.ts";
import { decodeTerm, encodeTerm, epochOfTerm } from "../leadership/records.ts";
import type { SessionKey } from "../leadership/session-key.ts";
import type { Transport } from "../../../zookeeper/transport/transport.ts";

/** How often a release is tried whose reply was lost. */
const rounds = 3;

export interface ReleaseOptions {
  readonly servers: readonly ServerAddress[];
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly basePath: string;
  readonly sessionTimeoutMs: number;
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
 * Gives up what a session of ours held, as its owner would have done itself: leader node and `term`
 * in one commit, then the session, with its place in line.
 *
 * Danger: the successor starts at once. So `key` may have an epoch only when nothing acts under it
 * any more, and nothing will: either its process is certainly dead, with every effect that it had
 * under way; or it is this process, whose every effect of that epoch has ended, and which has
 * resigned (see Remnants). Nobody else may use the session meanwhile.
 */
export async function releaseSession(
  options: ReleaseOptions,
  key: SessionKey,
  signal: AbortSignal,
): Promise<Release> {
  const { servers, transport, scheduler, basePath, sessionTimeoutMs } = options;
  const observation = new ClientObservation();
  const client = new ZooKeeperClient({
    ...(options.access ?? openAccess),
    servers,
    transport,
    scheduler,
    sessionTimeoutMs,
    resume: key,
    observe: (event) => void observation.electionEventOf(event),
  });
  try {
    if (!(await client.connected(signal))) {
      if (client.end?.kind === "expired") return { kind: "gone" };
      return { kind: "failed", detail: client.end?.detail ?? observation.whyNoServer };
    }
    const release = await tryToGiveUp(client, layoutBelow(basePath), key.epoch, signal);
    // A session that is kept in vain would live for longer, and its leader node with it.
    if (release.kind !== "failed") await client.close(signal);
    if (release.kind !== "closed" || client.end?.confirmed) return release;
    return { kind: "failed", detail: client.end?.detail ?? release.detail };
  } finally {
    client.abandon();
  }
}

/** Repeats what has no known outcome: it reads before it writes. */
async function tryToGiveUp(
  client: ZooKeeperClient,
  layout: Layout,
  acted: Epoch | undefined,
  signal: AbortSignal,
): Promise<Release> {
  let detail = "";
  for (let round = 0; round < rounds; round += 1) {
    try {
      const epoch = await giveUp(client, layout, acted, signal);
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
 * The epoch that was given up; undefined when the session did not lead, or had not acted yet: then
 * an earlier lease may still run, and the closing of the session leaves `held` behind.
 */
async function giveUp(
  client: ZooKeeperClient,
  layout: Layout,
  acted: Epoch | undefined,
  signal: AbortSignal,
): Promise<Epoch | undefined> {
  if (acted === undefined) return undefined;
  // Its owner may have seen more than the server that answers us now.
  await client.sync(layout.base, { signal });
  const { stat } = await client.exists(layout.leader, { signal });
  if (stat?.ephemeralOwner !== client.sessionId || stat.czxid !== acted) return undefined;
  const term = await client.getData(layout.term, { signal });
  // A term that is not of this leadership says that something else may run: closing is enough.
  if (epochOfTerm(decodeTerm(term.data), term.stat.mzxid) !== acted) return undefined;

  const released = encodeTerm({ state: "released" });
  await client.multi(
    [
      { kind: "set", path: layout.term, data: released, version: term.stat.version },
      { kind: "delete", path: layout.leader },
    ],
    { signal },
  );
  return acted;
}
