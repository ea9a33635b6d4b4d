import type { Epoch } from "../../election/ports/coordinator.ts";
import type { Roster, RosterEntry } from "../../election/ports/roster.ts";
import type { Scheduler } from "../../base/scheduler.ts";
import type { ZooKeeperClient } from "../../zookeeper/client.ts";
import { missingIsUndefined, ZooKeeperError } from "../../zookeeper/errors.ts";
import { type RecordLayout, layoutBelow } from "./leadership/layout.ts";
import { inLineOrder } from "./leadership/line.ts";
import type { Stat } from "../../zookeeper/protocol/records.ts";
import { decodeReplica } from "./leadership/records.ts";
import type { ServerAccess } from "./server-access.ts";
import { visit } from "../../zookeeper/visit.ts";

/** How many entries are read at once. */
const batchSize = 64;

/**
 * Reads who is here, by a session of its own that it closes: it registers nothing, and changes
 * nothing. A service whose records do not exist has nobody.
 */
export async function readRoster(options: ServerAccess, signal: AbortSignal): Promise<Roster> {
  const { basePath, access, ...clientOptions } = options;
  try {
    // A person waits: when every server was tried in vain, that is the answer.
    const visiting = { ...access, ...clientOptions, triesOnce: true };
    const reading = await visit(visiting, signal, async (client) => {
      const roster = await readWith(client, layoutBelow(basePath), options.scheduler, signal);
      await client.close(signal);
      return roster;
    });
    if (reading.kind === "done") return reading.result;
    const { end, trouble } = reading;
    const lastTried = trouble && `${trouble.server}: ${trouble.detail}`;
    return { kind: "failed", detail: end?.detail ?? lastTried ?? "no server answered in time" };
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error;
    return { kind: "failed", detail: error.message };
  }
}

async function readWith(
  client: ZooKeeperClient,
  layout: RecordLayout,
  scheduler: Scheduler,
  signal: AbortSignal,
): Promise<Extract<Roster, { kind: "read" }>> {
  // Another server than this one may have told somebody more already.
  await client.sync(layout.base, { signal });
  const node = await dataOf(client, layout.leader, signal);
  const readAt = scheduler.wallClock().getTime();
  const horizon = client.lastZxid as Epoch;
  const leader = node && {
    info: decodeReplica(node.data),
    epoch: node.stat.czxid as Epoch,
    renewedAt: node.stat.mtimeMs,
  };
  const names = await namesIn(client, layout.replicas, signal);
  const line: RosterEntry[] = [];
  const owner = node?.stat.ephemeralOwner;
  for (let start = 0; start < names.length; start += batchSize) {
    const paths = names.slice(start, start + batchSize).map((name) => `${layout.replicas}/${name}`);
    const entries = await Promise.all(paths.map((path) => dataOf(client, path, signal)));
    for (const entry of entries) {
      const info = entry && decodeReplica(entry.data);
      if (info === undefined) continue;
      line.push({ info, leads: entry?.stat.ephemeralOwner === owner });
    }
  }
  return { kind: "read", leader, horizon, readAt, line };
}

async function namesIn(
  client: ZooKeeperClient,
  path: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const node = await missingIsUndefined(client.getChildren(path, { signal }));
  return inLineOrder(node?.children ?? []);
}

function dataOf(
  client: ZooKeeperClient,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly data: Uint8Array; readonly stat: Stat } | undefined> {
  return missingIsUndefined(client.getData(path, { signal }));
}
