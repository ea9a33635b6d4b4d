import { invalid, type Parsed, valid } from "../../options/parsed.ts";
import type { ServerList } from "../../options/environment.ts";
import { ConnectionStringError, parseConnectionString } from "../../zookeeper/connection-string.ts";

/** Reads the list of servers by the coordinator's own parser: what loading the options needs. */
export function parseServers(text: string): Parsed<ServerList> {
  try {
    return valid(parseConnectionString(text));
  } catch (error) {
    if (!(error instanceof ConnectionStringError)) throw error;
    return invalid(`host:port,host:port/chroot, but ${error.message}`);
  }
}
