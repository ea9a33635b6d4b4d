import type { ReplicaId } from "../election/ports/coordinator.ts";
import { invalid, type Parsed, valid } from "../options/parsed.ts";

/** Room is left for what the id becomes a part of: a file name, a node name with its number. */
const longest = 100;
const longestHost = 64;

/** Checks an id: 1 to 100 letters, digits, ".", "_" and "-", beginning with a letter or digit. */
export function parseReplicaId(text: string): Parsed<ReplicaId> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text) || text.length > longest) {
    return invalid(
      `1 to ${longest} of A-Z a-z 0-9 . _ - beginning with a letter or digit, such as node-1`,
    );
  }
  return valid(text as ReplicaId);
}

/**
 * The id of a replica that was given none. The nonce (random bytes, fresh at each process start)
 * tells this process from its predecessor on the same host.
 */
export function defaultReplicaId(hostName: string, nonce: Uint8Array): string {
  const safe = hostName.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return `${safe.slice(0, longestHost) || "replica"}-${Buffer.from(nonce).toString("hex")}`;
}
