import { isSameToken, readToken } from "./token-file.ts";

/** Who may change something here. */
export type Gate =
  /** Whoever may write to the socket file, as the file system says. */
  | { readonly kind: "socket" }
  /** Whoever knows the token of this file; nobody where there is none. */
  | { readonly kind: "token"; readonly path: string | undefined };

/** Why a request may change nothing, with the cure; undefined when it may. */
export async function refusalOf({ headers }: Request, gate: Gate): Promise<string | undefined> {
  // A browser adds these by itself: a page of a stranger must not speak for its reader, not even
  // through a proxy that leads to a socket file. Source: Fetch, "Origin header"; W3C Fetch Metadata
  if (headers.has("origin") || headers.has("sec-fetch-site")) return "not from a browser";
  if (gate.kind === "socket") return undefined;
  if (gate.path === undefined) {
    return (
      "changes over TCP are off: start the replica with --http-token-file=<path>, " +
      "or with --http-address=unix:<path>"
    );
  }
  // Read anew each time, so that a token can be replaced without a restart.
  const reading = await readToken(gate.path);
  if (reading.kind === "failed")
    return "the replica's --http-token-file cannot be used; see its log";
  const given = /^bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (given !== undefined && isSameToken(given, reading.token)) return undefined;
  const what = given === undefined ? "a token is needed" : "the token is another one";
  return `${what}: send "Authorization: Bearer <token>" with what --http-token-file holds`;
}
