import type { Epoch } from "../election/coordinator.ts";
import type { Scheduler } from "../election/scheduler.ts";
import { ZooKeeperClient } from "./client.ts";
import type { ServerAddress } from "./connection-string.ts";
import { ZooKeeperError } from "./errors.ts";
import { type Layout, layoutBelow } from "./layout.ts";
import { decodeTerm, encodeTerm, epochOfTerm } from "./records.ts";
import type { SessionKey } from "./session-key.ts";
import type { Transport } from "./transport.ts";

export interface ReleaseOptions {
  readonly servers: readonly ServerAddress[];
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly basePath: string;
  readonly sessionTimeoutMs: number;
}

/** How it went; `failed` may be tried again. */
export type Release =
  | { readonly kind: "released"; readonly epoch: Epoch }
  /** The session did not lead; it is closed, with its place in line. */
  | { readonly kind: "closed" }
  /** The servers had forgotten it already. */
  | { readonly kind: "gone" }
  | { readonly kind: "failed"; readonly detail: string };

/**
 * Gives up what a dead process of ours held, as it would have done itself: leader node, place in
 * line and `term` in one commit, then the session. Only for a process that is certainly dead, with
 * every effect that it had under way: its successor starts at once.
 */
export async function releaseSession(
  options: ReleaseOptions,
  key: SessionKey,
  signal: AbortSignal,
): Promise<Release> {
  const { servers, transport, scheduler, basePath, sessionTimeoutMs } = options;
  const client = new ZooKeeperClient({
    servers,
    transport,
    scheduler,
    sessionTimeoutMs,
    resume: key,
  });
  try {
    if (!(await client.connected(signal))) {
      if (client.end?.kind === "expired") return { kind: "gone" };
      return { kind: "failed", detail: client.end?.detail ?? "no server answered in time" };
    }
    const epoch = await giveUp(client, layoutBelow(basePath), key.epoch, signal);
    await client.close(signal);
    return epoch === undefined ? { kind: "closed" } : { kind: "released", epoch };
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error;
    return { kind: "failed", detail: error.message };
  } finally {
    client.abandon();
  }
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
  // The dead process may have seen more than the server that answers us now.
  await client.sync(layout.base, { signal });
  const { stat } = await client.exists(layout.leader, { signal });
  if (stat?.ephemeralOwner !== client.sessionId || stat.czxid !== acted) return undefined;
  const term = await client.getData(layout.term, { signal });
  // A term that is not of this leadership says that something else may run: closing is enough.
  if (epochOfTerm(decodeTerm(term.data), term.stat.mzxid) !== acted) return undefined;

  const released = encodeTerm({ state: "released" });
  await client.multi(
    [
      { kind: "delete", path: layout.leader },
      { kind: "set", path: layout.term, data: released, version: term.stat.version },
    ],
    { signal },
  );
  return acted;
}
