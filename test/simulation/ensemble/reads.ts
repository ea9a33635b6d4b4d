import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import type { WireReader } from "../../../src/zookeeper/protocol/wire-reader.ts";
import { WireWriter } from "../../../src/zookeeper/protocol/wire-writer.ts";
import type { ServerConnection } from "./server-connection.ts";
import { notificationFrame, replyFrame, writeStat } from "./server-protocol.ts";
import { ServerError, type Tree, type TreeEvent } from "./tree.ts";

type WatchTable = Map<string, Set<ServerConnection>>;

/** The watches that the clients of one server have set. Each fires once. */
export class ServerWatches {
  readonly #data: WatchTable = new Map();
  readonly #child: WatchTable = new Map();

  arm(list: "data" | "child", path: string, connection: ServerConnection): void {
    const table = list === "data" ? this.#data : this.#child;
    table.set(path, (table.get(path) ?? new Set()).add(connection));
  }

  /** Tells all that wait for the event, before anything that already reflects it is answered. */
  fire(event: TreeEvent): void {
    const told = new Set<ServerConnection>();
    if (event.kind !== "children-changed") take(this.#data, event.path, told);
    if (event.kind === "children-changed" || event.kind === "deleted") {
      take(this.#child, event.path, told);
    }
    const frame = told.size > 0 ? notificationFrame(event) : undefined;
    if (frame !== undefined) for (const connection of told) connection.send(frame);
  }

  forget(connection: ServerConnection): void {
    for (const table of [this.#data, this.#child]) {
      for (const [path, connections] of table) {
        connections.delete(connection);
        if (connections.size === 0) table.delete(path);
      }
    }
  }
}

function take(table: WatchTable, path: string, into: Set<ServerConnection>): void {
  for (const connection of table.get(path) ?? []) into.add(connection);
  table.delete(path);
}

/** Answers from the server's own tree, however far behind it is; false for what is no read. */
export function answerRead(
  watches: ServerWatches,
  tree: Tree,
  connection: ServerConnection,
  xid: number,
  opcode: number,
  body: WireReader,
): boolean {
  if (opcode === Opcode.setWatches) {
    rearm(watches, tree, connection, body);
    connection.send(replyFrame(xid, tree.lastZxid, 0));
    return true;
  }
  if (opcode !== Opcode.exists && opcode !== Opcode.getData && opcode !== Opcode.getChildren2) {
    return false;
  }
  const path = body.string();
  const watch = body.boolean();
  const node = tree.nodes.get(path);
  const list = opcode === Opcode.getChildren2 ? "child" : "data";
  // exists arms a watch on what is not there yet; the others do not.
  if (watch && (node !== undefined || opcode === Opcode.exists)) {
    watches.arm(list, path, connection);
  }
  if (node === undefined) {
    connection.send(replyFrame(xid, tree.lastZxid, ServerError.noNode));
    return true;
  }
  const reply = new WireWriter(128 + node.data.length);
  if (opcode === Opcode.getData) reply.buffer(node.data);
  if (opcode === Opcode.getChildren2) {
    reply.vector([...node.children], (writer, name) => writer.string(name));
  }
  connection.send(replyFrame(xid, tree.lastZxid, 0, writeStat(reply, node)));
  return true;
}

/** Source: DataTree.java:1487-1524. */
function rearm(
  watches: ServerWatches,
  tree: Tree,
  connection: ServerConnection,
  body: WireReader,
): void {
  const since = body.long();
  const tell = (kind: TreeEvent["kind"], path: string): void =>
    connection.send(notificationFrame({ kind, path }));
  for (const path of body.vector((reader) => reader.string())) {
    const node = tree.nodes.get(path);
    if (node === undefined) tell("deleted", path);
    else if (node.mzxid > since) tell("changed", path);
    else watches.arm("data", path, connection);
  }
  for (const path of body.vector((reader) => reader.string())) {
    if (tree.nodes.has(path)) tell("created", path);
    else watches.arm("data", path, connection);
  }
  for (const path of body.vector((reader) => reader.string())) {
    const node = tree.nodes.get(path);
    if (node === undefined) tell("deleted", path);
    else if (node.pzxid > since) tell("children-changed", path);
    else watches.arm("child", path, connection);
  }
}
