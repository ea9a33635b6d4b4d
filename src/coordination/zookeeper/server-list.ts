import { invalid, type Parsed, valid } from "../../options/parsed.ts";
import {
  ConnectionStringError,
  parseConnectionString,
  type ServerAddress,
} from "../../zookeeper/connection-string.ts";

/** The servers of one ensemble. */
export interface ServerList {
  readonly servers: readonly ServerAddress[];
  /** The path below which everything of ours is: "" for the root, or a path such as "/team". */
  readonly chroot: string;
}

/** Reads `host:port,host:port/chroot`, as parseConnectionString does. */
export function parseServers(text: string): Parsed<ServerList> {
  try {
    return valid(parseConnectionString(text));
  } catch (error) {
    if (!(error instanceof ConnectionStringError)) throw error;
    return invalid(`host:port,host:port/chroot, but ${error.message}`);
  }
}
