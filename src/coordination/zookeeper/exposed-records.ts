import { missingIsUndefined } from "../../zookeeper/errors.ts";
import type { ZooKeeperClient } from "../../zookeeper/client.ts";
import type { RecordLayout } from "./leadership/layout.ts";
import { type Acl, Permission } from "../../zookeeper/protocol/records.ts";

/**
 * What an operator is told when others may change the records, although we keep new nodes to
 * ourselves: they date from a time without credentials, or a stranger made them. They are left as
 * they are: replicas that have no credentials yet would be locked out.
 */
export async function exposureOf(
  client: ZooKeeperClient,
  layout: RecordLayout,
  signal: AbortSignal,
): Promise<string | undefined> {
  const paths = [layout.base, layout.leaseNote, layout.replicas];
  const exposed = await Promise.all(paths.map((path) => isExposed(client, path, signal)));
  const found = paths.filter((_, index) => exposed[index]);
  if (found.length === 0) return undefined;
  const commands = found.map((path) => `setAcl ${path} world:anyone:r,auth::cdrwa`);
  return (
    `everybody may change ${found.join(", ")}; once every replica proves who it is, run in zkCli ` +
    `as one of them (addauth digest <user:password>): ${commands.join("; ")}`
  );
}

/** A node that is not there exposes nothing. */
async function isExposed(
  client: ZooKeeperClient,
  path: string,
  signal: AbortSignal,
): Promise<boolean> {
  const node = await missingIsUndefined(client.getAcl(path, { signal }));
  return node?.acl.some(opensToEverybody) ?? false;
}

function opensToEverybody({ scheme, permissions }: Acl): boolean {
  return scheme === "world" && (permissions & ~Permission.read) !== 0;
}
