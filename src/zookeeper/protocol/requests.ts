import type { Acl } from "./records.ts";
import { writeAcl } from "./records.ts";
import { WireWriter } from "./wire-writer.ts";

/** The first frame of a connection. Source: zookeeper.jute:62-69. */
export interface ConnectRequest {
  /** Servers that have seen less refuse us, so that reads never go backwards. */
  readonly lastZxidSeen: bigint;
  readonly timeoutMs: number;
  /** 0 asks for a new session. */
  readonly sessionId: bigint;
  readonly password: Uint8Array;
}

/** The whole frame, length included: this one has no request header. */
export function connectRequestFrame(request: ConnectRequest): Uint8Array {
  const body = new WireWriter()
    .int(0)
    .long(request.lastZxidSeen)
    .int(request.timeoutMs)
    .long(request.sessionId)
    .buffer(request.password)
    // We never accept a read-only server: its session could not be resumed elsewhere.
    .boolean(false)
    .finish();
  return new WireWriter(4 + body.length).buffer(body).finish();
}

/** Appends one request frame: length, header, body. */
export function writeRequestFrame(
  writer: WireWriter,
  xid: number,
  opcode: number,
  body: Uint8Array,
): void {
  writer
    .int(8 + body.length)
    .int(xid)
    .int(opcode)
    .raw(body);
}

/** The body of the requests that have none: ping, whoAmI, closeSession. */
export const emptyBody: Uint8Array = new Uint8Array();

/** A request says this where it takes any version. Source: PrepRequestProcessor.java. */
const anyVersion = -1;

/** The body of sync, getACL: a path and nothing else. */
export function pathBody(path: string): Uint8Array {
  return new WireWriter().string(path).finish();
}

/** The body of exists, getData and getChildren2. */
export function watchableBody(path: string, watch: boolean): Uint8Array {
  return new WireWriter().string(path).boolean(watch).finish();
}

/** The body of delete and check, for one version of the node or for any. */
export function versionedBody(path: string, version: number = anyVersion): Uint8Array {
  return new WireWriter().string(path).int(version).finish();
}

/** The body of setData, for one version of the node or for any. */
export function setDataBody(
  path: string,
  data: Uint8Array,
  version: number = anyVersion,
): Uint8Array {
  return new WireWriter().string(path).buffer(data).int(version).finish();
}

/** The body of setACL, for one version of the node's ACL or for any. */
export function setAclBody(
  path: string,
  acl: readonly Acl[],
  version: number = anyVersion,
): Uint8Array {
  return new WireWriter().string(path).vector(acl, writeAcl).int(version).finish();
}

/** The body of create, create2, createContainer and, with `ttlMs`, createTTL. */
export function createBody(request: {
  readonly path: string;
  readonly data: Uint8Array;
  readonly acl: readonly Acl[];
  readonly flags: number;
  readonly ttlMs: number | undefined;
}): Uint8Array {
  const writer = new WireWriter()
    .string(request.path)
    .buffer(request.data)
    .vector(request.acl, writeAcl)
    .int(request.flags);
  if (request.ttlMs !== undefined) writer.long(BigInt(request.ttlMs));
  return writer.finish();
}

/** The body of auth. Source: zookeeper.jute:110-114. */
export function authBody(scheme: string, auth: Uint8Array): Uint8Array {
  return new WireWriter().int(0).string(scheme).buffer(auth).finish();
}

/** The body of addWatch (mode: 0 persistent, 1 recursive) and removeWatches (a kind of watch). */
export function pathAndIntBody(path: string, value: number): Uint8Array {
  return new WireWriter().string(path).int(value).finish();
}

/** The watches that one setWatches request arms again, all by their full paths. */
export interface WatchPaths {
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly child: readonly string[];
  readonly persistent: readonly string[];
  readonly recursive: readonly string[];
}

/** The body of setWatches or, when it names persistent watches, of setWatches2. */
export function setWatchesBody(relativeZxid: bigint, paths: WatchPaths): Uint8Array {
  const writer = new WireWriter().long(relativeZxid);
  const lists = [paths.data, paths.exist, paths.child];
  if (hasPersistent(paths)) lists.push(paths.persistent, paths.recursive);
  for (const list of lists) writer.vector(list, (into, path) => into.string(path));
  return writer.finish();
}

/** Whether setWatches2 is needed; servers before 3.6 know only setWatches. */
export function hasPersistent(paths: WatchPaths): boolean {
  return paths.persistent.length + paths.recursive.length > 0;
}
