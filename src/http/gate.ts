import { isSameToken, readToken } from "./token-file.ts";

/** The rule by which a request may change something. */
export type Gate =
  /** A socket file: all may change something that may write to it, as the file system decides. */
  | { readonly kind: "socket" }
  /** TCP: all may that send the token which this file holds; nobody where there is no file. */
  | { readonly kind: "token"; readonly path: string | undefined };

/** Why a request may change nothing: fit for JSON as it is. */
export interface Refusal {
  /** What is wrong, with the cure, for people. */
  readonly error: string;
  /** What is wrong with the token, where that is it: for programs with a cure of their own. */
  readonly token?: "missing" | "wrong";
}

/** Why a request may not pass the gate; undefined when it may. */
export async function gateRefusal({ headers }: Request, gate: Gate): Promise<Refusal | undefined> {
  // A browser adds these by itself: a page of a stranger must not speak for its reader, not even
  // through a proxy that leads to a socket file. Source: Fetch, "Origin header"; W3C Fetch Metadata
  if (headers.has("origin") || headers.has("sec-fetch-site"))
    return { error: "not from a browser" };
  if (gate.kind === "socket") return undefined;
  if (gate.path === undefined) {
    const cure = "start the replica with --http-token-file=<path>, or --http-address=unix:<path>";
    return { error: `changes over TCP are off: ${cure}` };
  }
  // Read anew each time, so that a token can be replaced without a restart.
  const reading = await readToken(gate.path);
  if (reading.kind === "failed")
    return { error: "the replica's --http-token-file cannot be used; see its log" };
  const given = /^bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (given !== undefined && isSameToken(given, reading.token)) return undefined;
  const what = given === undefined ? "a token is needed" : "the token is another one";
  const cure = 'send "Authorization: Bearer <token>" with what --http-token-file holds';
  return { error: `${what}: ${cure}`, token: given === undefined ? "missing" : "wrong" };
}
