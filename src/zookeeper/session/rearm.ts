import { Opcode } from "../protocol/opcodes.ts";
import type { WatchPaths } from "../protocol/requests.ts";
import { hasPersistent, setWatchesBody } from "../protocol/requests.ts";

/**
 * A request takes this much text of paths, well below what servers accept at all.
 * Source: ClientCnxn.java:118, 1031-1080; ZOOKEEPER-706.
 */
const batchBytes = 128 * 1024;

const lists = ["data", "exist", "child", "persistent", "recursive"] as const;

interface RearmRequest {
  readonly opcode: Opcode;
  readonly body: Uint8Array;
}

/**
 * The requests by which a new connection gets its watches. Servers answer what changed since
 * `relativeZxid` with an event at once, and arm the rest.
 */
export function rearmRequests(relativeZxid: bigint, paths: WatchPaths): readonly RearmRequest[] {
  return batches(paths).map((batch) => ({
    opcode: hasPersistent(batch) ? Opcode.setWatches2 : Opcode.setWatches,
    body: setWatchesBody(relativeZxid, batch),
  }));
}

function batches(paths: WatchPaths): readonly WatchPaths[] {
  const result: WatchPaths[] = [];
  let batch = emptyBatch();
  let bytes = 0;
  for (const list of lists) {
    for (const path of paths[list]) {
      const size = Buffer.byteLength(path) + 4;
      if (bytes > 0 && bytes + size > batchBytes) {
        result.push(batch);
        batch = emptyBatch();
        bytes = 0;
      }
      batch[list].push(path);
      bytes += size;
    }
  }
  if (bytes > 0) result.push(batch);
  return result;
}

function emptyBatch(): Record<(typeof lists)[number], string[]> {
  return { data: [], exist: [], child: [], persistent: [], recursive: [] };
}
