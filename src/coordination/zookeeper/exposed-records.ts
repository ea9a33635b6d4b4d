import { ZooKeeperError } from "../../zookeeper/errors.ts";
import type { ZooKeeperClient } from "../../zookeeper/client.ts";
import type { Layout } from "./leadership/layout.ts";
import { type Acl, Permission } from "../../zookeeper/protocol/records.ts";

/**
 * What an operator is told when others may change the records, although we keep new nodes to
 * ourselves: they date from a time without credentials, or a stranger made them. They are left as
 * they are: replicas that have no credentials yet would be locked out.
 */
export async function exposureOf(
  client: ZooKeeperClient,
  layout: Layout,
  signal: AbortSignal,
): Promise<string | undefined> {
  const paths = [layout.base, layout.term, layout.replicas];
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
  try {
    const { acl } = await client.getAcl(path, { signal });
    return acl.some(opensToEverybody);
  } catch (error) {
    if (error instanceof ZooKeeperError && error.code === "no-node") return false;
    throw error;
  }
}

function opensToEverybody({ scheme, permissions }: Acl): boolean {
  return scheme === "world" && (permissions & ~Permission.read) !== 0;
}
