import { NodeEventType } from "../../../src/zookeeper/protocol/replies.ts";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import { WireReader } from "../../../src/zookeeper/protocol/wire-reader.ts";
import { WireWriter } from "../../../src/zookeeper/protocol/wire-writer.ts";
import type { Operation, Result } from "./transactions.ts";
import type { TreeEvent, TreeNode } from "./tree.ts";

type SingleOperation = Exclude<Operation, { kind: "multi" | "create-session" | "close-session" }>;

const eventTypes = {
  created: NodeEventType.created,
  deleted: NodeEventType.deleted,
  changed: NodeEventType.changed,
  "children-changed": NodeEventType.childrenChanged,
} as const;
const syncConnected = 3;

/** Reads the operation of a request that changes something; undefined for every other opcode. */
export function readOperation(opcode: number, body: WireReader): Operation | undefined {
  if (opcode === Opcode.closeSession) return { kind: "close-session" };
  if (opcode !== Opcode.multi) return readSingle(opcode, body);
  const operations: SingleOperation[] = [];
  for (;;) {
    const type = body.int();
    const done = body.boolean();
    body.int();
    if (done || body.malformed) return { kind: "multi", operations };
    const operation = readSingle(type, body);
    if (operation === undefined) return undefined;
    operations.push(operation);
  }
}

function readSingle(opcode: number, body: WireReader): SingleOperation | undefined {
  switch (opcode) {
    case Opcode.create:
    case Opcode.create2: {
      const path = body.string();
      const data = body.buffer();
      body.vector((acl) => [acl.int(), acl.string(), acl.string()]);
      const flags = body.int();
      return {
        kind: "create",
        path,
        data,
        ephemeral: (flags & 1) !== 0,
        sequential: (flags & 2) !== 0,
        withStat: opcode === Opcode.create2,
      };
    }
    case Opcode.delete:
      return { kind: "delete", path: body.string(), version: body.int() };
    case Opcode.check:
      return { kind: "check", path: body.string(), version: body.int() };
    case Opcode.setData:
      return { kind: "set", path: body.string(), data: body.buffer(), version: body.int() };
    default:
      return undefined;
  }
}

/** The frame of a reply with an already written body. */
export function replyFrame(
  xid: number,
  zxid: bigint,
  error: number,
  body?: WireWriter,
): Uint8Array {
  const bytes = body?.finish() ?? new Uint8Array();
  return new WireWriter(20 + bytes.length)
    .int(16 + bytes.length)
    .int(xid)
    .long(zxid)
    .int(error)
    .raw(bytes)
    .finish();
}

/** The reply to a request that changed something, or failed to. */
export function operationReply(
  xid: number,
  zxid: bigint,
  operation: Operation,
  results: readonly Result[],
): Uint8Array {
  const first = results[0];
  if (operation.kind !== "multi" || results.length !== operation.operations.length) {
    const error = first?.error ?? 0;
    const body = new WireWriter();
    if (error === 0 && first !== undefined) writeResult(body, operation.kind, first);
    return replyFrame(xid, zxid, error, body);
  }
  // A failed multi looks well in its header. Source: docs/protocol.md.
  const body = new WireWriter();
  const failed = results.some(({ error }) => error !== 0);
  for (const [index, result] of results.entries()) {
    if (failed) {
      body.int(-1).boolean(false).int(result.error).int(result.error);
      continue;
    }
    const part = operation.operations[index];
    if (part === undefined) continue;
    body.int(multiType(part)).boolean(false).int(0);
    // Servers of 3.8 answer create2 in a multi as a plain create.
    writeResult(body, part.kind, { ...result, withStat: false });
  }
  body.int(-1).boolean(true).int(-1);
  return replyFrame(xid, zxid, 0, body);
}

function multiType(operation: SingleOperation): number {
  const types = {
    create: Opcode.create,
    delete: Opcode.delete,
    check: Opcode.check,
    set: Opcode.setData,
  };
  return types[operation.kind];
}

function writeResult(body: WireWriter, kind: Operation["kind"], result: Result): void {
  if (kind === "create") {
    body.string(result.path ?? "");
    if (result.withStat === true && result.stat !== undefined) writeStat(body, result.stat);
  }
  if (kind === "set" && result.stat !== undefined) writeStat(body, result.stat);
}

export function writeStat(body: WireWriter, node: TreeNode): WireWriter {
  return body
    .long(node.czxid)
    .long(node.mzxid)
    .long(BigInt(Math.floor(node.ctimeMs)))
    .long(BigInt(Math.floor(node.mtimeMs)))
    .int(node.version)
    .int(2 * node.created - node.children.size)
    .int(0)
    .long(node.owner)
    .int(node.data.length)
    .int(node.children.size)
    .long(node.pzxid);
}

export function notificationFrame(event: TreeEvent): Uint8Array {
  const body = new WireWriter().int(eventTypes[event.kind]).int(syncConnected).string(event.path);
  return replyFrame(-1, -1n, 0, body);
}

/** The answer to a ConnectRequest; zeros say that the session is gone. */
export function connectResponse(
  timeoutMs: number,
  session: bigint,
  password: Uint8Array,
): Uint8Array {
  const body = new WireWriter()
    .int(0)
    .int(timeoutMs)
    .long(session)
    .buffer(password)
    .boolean(false)
    .finish();
  return new WireWriter(4 + body.length).buffer(body).finish();
}

export interface ConnectRequestRead {
  readonly lastZxidSeen: bigint;
  readonly timeoutMs: number;
  readonly session: bigint;
  readonly password: Uint8Array;
}

export function readConnectRequest(frame: Uint8Array): ConnectRequestRead {
  const reader = new WireReader(frame);
  reader.int();
  return {
    lastZxidSeen: reader.long(),
    timeoutMs: reader.int(),
    session: reader.long(),
    password: reader.buffer(),
  };
}
