import { WireReader } from "./wire-reader.ts";

/** The answer to a ConnectRequest. Source: zookeeper.jute:70-76. */
export interface ConnectResponse {
  /** 0 or less: the session is gone. */
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Uint8Array;
}

/** Undefined when the bytes are no ConnectResponse. */
export function readConnectResponse(frame: Uint8Array): ConnectResponse | undefined {
  const reader = new WireReader(frame);
  reader.int();
  const response = {
    timeoutMs: reader.int(),
    sessionId: reader.long(),
    password: reader.buffer(),
  };
  // What follows is the read-only flag, which old servers leave out and which never concerns us.
  return reader.malformed ? undefined : response;
}

/** One frame of an established connection. */
export interface Reply {
  readonly xid: number;
  readonly zxid: bigint;
  readonly error: number;
  /** Positioned behind the header. */
  readonly body: WireReader;
}

/** Undefined when the frame is too short for a header. */
export function readReply(frame: Uint8Array): Reply | undefined {
  const body = new WireReader(frame);
  const reply = { xid: body.int(), zxid: body.long(), error: body.int(), body };
  return body.malformed ? undefined : reply;
}

/** What happened to a node. Source: Watcher.java:140-152. */
export const NodeEventType = { created: 1, deleted: 2, changed: 3, childrenChanged: 4 } as const;
export type NodeEventType = (typeof NodeEventType)[keyof typeof NodeEventType];

/** What happened to a node, by name. */
export type NodeEventKind = "created" | "deleted" | "changed" | "children-changed";

/** What a server tells of a node that is watched. */
export interface NodeEvent {
  readonly kind: NodeEventKind;
  /** The full path, as the server knows it. */
  readonly path: string;
}

const kinds: ReadonlyMap<number, NodeEventKind> = new Map([
  [NodeEventType.created, "created"],
  [NodeEventType.deleted, "deleted"],
  [NodeEventType.changed, "changed"],
  [NodeEventType.childrenChanged, "children-changed"],
]);

/**
 * Undefined for an event that is about no node: servers send none today, and a type added one day
 * must not end the connection. The caller asks `body.malformed` for the other reason.
 */
export function readNodeEvent(body: WireReader): NodeEvent | undefined {
  const kind = kinds.get(body.int());
  body.int();
  const path = body.string();
  return kind === undefined || body.malformed ? undefined : { kind, path };
}
