import type { Epoch, ReplicaId, ReplicaInfo } from "../../../election/ports/coordinator.ts";

/** A lease that a record claims to be longer than this is taken for a damaged record. */
const longestLeaseMs = 24 * 60 * 60 * 1000;

/**
 * What the node `term` says of the last leadership.
 * `held`: it was not given up, and its holder may act for `leaseMs` after its last renewal. The
 * holder is the epoch of the commit that wrote the record, unless `epoch` names it.
 * `released`: it was given up when no effect ran any more.
 */
export type TermRecord =
  | { readonly state: "held"; readonly leaseMs: number; readonly epoch?: string }
  | { readonly state: "released" };

export function encodeTerm(record: TermRecord): Uint8Array {
  return encode(record);
}

/** Undefined when the bytes are no term record; the reader then assumes the worst. */
export function decodeTerm(bytes: Uint8Array): TermRecord | undefined {
  const value = decode(bytes);
  if (value?.["state"] === "released") return { state: "released" };
  const leaseMs = value?.["leaseMs"];
  if (value?.["state"] !== "held" || typeof leaseMs !== "number") return undefined;
  if (!(leaseMs > 0 && leaseMs <= longestLeaseMs)) return undefined;
  const epoch = value["epoch"];
  if (typeof epoch !== "string" || !/^\d{1,19}$/.test(epoch)) return { state: "held", leaseMs };
  return { state: "held", leaseMs, epoch };
}

/**
 * The epoch of the leadership that a term is about: a taking writes the record in the very commit
 * that makes its leader node, and a later statement names the epoch.
 */
export function epochOfTerm(record: TermRecord | undefined, mzxid: bigint): Epoch {
  const named = record?.state === "held" ? record.epoch : undefined;
  return (named === undefined ? mzxid : BigInt(named)) as Epoch;
}

export function encodeReplica(info: ReplicaInfo): Uint8Array {
  return encode(info);
}

/** Undefined when the bytes are not what a replica writes about itself. */
export function decodeReplica(bytes: Uint8Array): ReplicaInfo | undefined {
  const value = decode(bytes);
  if (value === undefined) return undefined;
  const { replica, host, pid, httpAddress, since } = value;
  if (typeof replica !== "string" || typeof host !== "string" || typeof pid !== "number") {
    return undefined;
  }
  return {
    replica: replica as ReplicaId,
    host,
    pid,
    httpAddress: typeof httpAddress === "string" ? httpAddress : null,
    since: typeof since === "string" ? since : "",
  };
}

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

interface Fields {
  readonly [name: string]: unknown;
}

function decode(bytes: Uint8Array): Fields | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
