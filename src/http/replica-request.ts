import { request, type IncomingMessage, type RequestOptions } from "node:http";
import type { HttpAddress } from "./http-address.ts";

/** A replica answers with some kilobytes; another program on its port may send without end. */
const largestAnswerBytes = 1024 * 1024;

interface ReplicaQuestion {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly token?: string | undefined;
}

type ReplicaAnswer =
  { readonly kind: "answered"; readonly status: number; readonly text: string } | NoAnswer;

/** Nobody answers there, in time, or as a replica does; `detail` is for people. */
interface NoAnswer {
  readonly kind: "failed";
  readonly detail: string;
}

/**
 * Asks the replica that listens at `address`. An address of every interface (`0.0.0.0`, `::`)
 * means this host. Proxies of the environment are not asked: `fetch` would. An abort of `limit`
 * fails it.
 */
export async function askReplica(
  address: HttpAddress,
  { method, path, token }: ReplicaQuestion,
  limit: AbortSignal,
): Promise<ReplicaAnswer> {
  const { promise, resolve } = Promise.withResolvers<ReplicaAnswer>();
  const failed = (detail: string): void => resolve({ kind: "failed", detail });
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const options = { ...placeOf(address), method, path, headers, agent: false };
  const asking = request(options, (response) => {
    void readAnswer(response).then(resolve, (error: unknown) => failed(reasonOf(error)));
  });
  asking.on("error", (error) => failed(reasonOf(error)));
  const expire = (): void => {
    failed("no answer in time");
    asking.destroy();
  };
  limit.addEventListener("abort", expire, { once: true });
  if (limit.aborted) expire();
  else asking.end();
  try {
    return await promise;
  } finally {
    limit.removeEventListener("abort", expire);
    asking.destroy();
  }
}

/** The answer to the question for a status: `text` is its body, which has code 200. */
type StatusAnswer = { readonly kind: "answered"; readonly text: string } | NoAnswer;

/** Asks the replica that listens at `address` for its /status: see askReplica. */
export async function requestStatus(
  address: HttpAddress,
  limit: AbortSignal,
): Promise<StatusAnswer> {
  const answer = await askReplica(address, { method: "GET", path: "/status" }, limit);
  if (answer.kind === "failed" || answer.status === 200) return answer;
  return { kind: "failed", detail: `it answers ${answer.status}, as no replica does` };
}

function placeOf(address: HttpAddress): RequestOptions {
  if (address.kind === "unix") return { socketPath: address.path };
  const { host, port } = address;
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return { host: reachable, port };
}

async function readAnswer(response: IncomingMessage): Promise<ReplicaAnswer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response) {
    const bytes = Buffer.from(piece as Uint8Array);
    size += bytes.length;
    if (size > largestAnswerBytes) return { kind: "failed", detail: "the answer exceeds 1 MiB" };
    pieces.push(bytes);
  }
  const text = Buffer.concat(pieces).toString("utf8");
  return { kind: "answered", status: response.statusCode ?? 0, text };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return code === "ECONNREFUSED" || code === "ENOENT" ? "nobody listens there" : error.message;
}
