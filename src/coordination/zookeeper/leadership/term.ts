import type { Epoch } from "../../../election/ports/coordinator.ts";
import type { ReadOptions } from "../../../zookeeper/client-options.ts";
import type { ZooKeeperClient } from "../../../zookeeper/client.ts";
import { missingIsUndefined } from "../../../zookeeper/errors.ts";
import { decodeTerm, epochOfTerm, type TermRecord } from "./records.ts";
import type { WatchEvent } from "../../../zookeeper/watch/watches.ts";

/** What `term` says, as it was found. */
export interface FoundTerm {
  /** Undefined when the node is missing or damaged: then the worst is assumed. */
  readonly record: TermRecord | undefined;
  /** The node's version; undefined when there is no such node. */
  readonly version: number | undefined;
  /** The epoch whose leadership it is about. */
  readonly epoch: Epoch | undefined;
}

/** Reads `term` at `path`; `watch` where one was asked for and there is such a node. */
export async function readTerm(
  client: ZooKeeperClient,
  path: string,
  options: ReadOptions = {},
): Promise<{ readonly term: FoundTerm; readonly watch: Promise<WatchEvent> | undefined }> {
  const node = await missingIsUndefined(client.getData(path, options));
  if (node === undefined) {
    return { term: { record: undefined, version: undefined, epoch: undefined }, watch: undefined };
  }
  const record = decodeTerm(node.data);
  const epoch = epochOfTerm(record, node.stat.mzxid);
  return { term: { record, version: node.stat.version, epoch }, watch: node.watch };
}
