import type { Epoch, ReplicaId, ReplicaInfo } from "../../../election/ports/coordinator.ts";

/** A lease note that claims a longer lease than this, in milliseconds, is taken for damaged. */
const longestLeaseMs = 24 * 60 * 60 * 1000;

/**
 * What the node `term` says of the last leadership.
 *
 * - `held`: it was not given up, and its holder may act until `leaseMs` milliseconds after its last
 *   renewal. The leadership is that of the commit which wrote the note, unless `epoch` names it.
 * - `released`: it was given up when no effect of it ran any more.
 */
export type LeaseNote =
  | { readonly state: "held"; readonly leaseMs: number; readonly epoch?: string }
  | { readonly state: "released" };

/** The bytes that the node `term` holds. */
export function encodeLeaseNote(note: LeaseNote): Uint8Array {
  return encode(note);
}

/** Undefined when the bytes are no lease note; the reader then assumes the worst. */
export function decodeLeaseNote(bytes: Uint8Array): LeaseNote | undefined {
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
 * The epoch of the leadership that a note is about. A taking writes the note in the very commit
 * that makes its leader node; a note that is written later names the epoch.
 * @param mzxid the commit that wrote the note
 */
export function epochOfLeaseNote(note: LeaseNote | undefined, mzxid: bigint): Epoch {
  const named = note?.state === "held" ? note.epoch : undefined;
  return (named === undefined ? mzxid : BigInt(named)) as Epoch;
}

/** The bytes that the leader node, and an entry in the line, hold. */
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
