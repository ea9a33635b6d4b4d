import { unreachable } from "../../../src/base/unreachable.ts";
import type { Operation, Result, Transaction } from "./transactions.ts";

/** A node as a server keeps it. */
export interface TreeNode {
  data: Uint8Array;
  readonly czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  readonly ctimeMs: number;
  mtimeMs: number;
  version: number;
  /** How many children were ever created: what numbers a sequential node. */
  created: number;
  readonly owner: bigint;
  readonly children: Set<string>;
}

export interface TreeSession {
  readonly timeoutMs: number;
}

/** A change that watches may wait for. */
export interface TreeEvent {
  readonly kind: "created" | "deleted" | "changed" | "children-changed";
  readonly path: string;
}

export interface Applied {
  readonly results: readonly Result[];
  readonly events: readonly TreeEvent[];
}

/** Source: KeeperException.java. */
export const ServerError = {
  runtimeInconsistency: -2,
  noNode: -101,
  badVersion: -103,
  noChildrenForEphemerals: -108,
  nodeExists: -110,
  notEmpty: -111,
  sessionExpired: -112,
} as const;

/** In whose name the simulation itself changes the records: no client has this session. */
export const meddler = -1n;

/** The state that all servers reach by the same transactions in the same order. */
export class Tree {
  readonly nodes = new Map<string, TreeNode>([["/", newNode(0n, 0, new Uint8Array(), 0n)]]);
  readonly sessions = new Map<bigint, TreeSession>();
  readonly #ephemerals = new Map<bigint, Set<string>>();
  lastZxid = 0n;

  apply(transaction: Transaction): Applied {
    const { zxid, session, timeMs, operation } = transaction;
    this.lastZxid = zxid;
    const change = new Change(this, zxid, timeMs, session);
    if (operation.kind === "create-session") {
      this.sessions.set(session, { timeoutMs: operation.timeoutMs });
      return { results: [{ error: 0 }], events: [] };
    }
    if (session !== meddler && !this.sessions.has(session)) {
      return { results: [{ error: ServerError.sessionExpired }], events: [] };
    }
    if (operation.kind === "close-session") {
      for (const path of this.#ephemerals.get(session) ?? [])
        change.run({ kind: "delete", path, version: -1 });
      this.#ephemerals.delete(session);
      this.sessions.delete(session);
      return { results: [{ error: 0 }], events: change.events };
    }
    if (operation.kind !== "multi") {
      return { results: [change.run(operation)], events: change.events };
    }
    const results: Result[] = [];
    for (const part of operation.operations) {
      const result = change.run(part);
      results.push(result);
      if (result.error === 0) continue;
      change.undo();
      const failed = operation.operations.map((_, index) => ({
        error:
          index < results.length - 1
            ? 0
            : index === results.length - 1
              ? result.error
              : ServerError.runtimeInconsistency,
      }));
      return { results: failed, events: [] };
    }
    return { results, events: change.events };
  }

  own(session: bigint, path: string): void {
    const paths = this.#ephemerals.get(session) ?? new Set();
    this.#ephemerals.set(session, paths.add(path));
  }

  disown(session: bigint, path: string): void {
    this.#ephemerals.get(session)?.delete(path);
  }
}

/** The changes of one transaction, which can be undone as a whole. */
class Change {
  readonly events: TreeEvent[] = [];
  readonly #undo: (() => void)[] = [];
  readonly #tree: Tree;
  readonly #zxid: bigint;
  readonly #timeMs: number;
  readonly #session: bigint;

  constructor(tree: Tree, zxid: bigint, timeMs: number, session: bigint) {
    this.#tree = tree;
    this.#zxid = zxid;
    this.#timeMs = timeMs;
    this.#session = session;
  }

  run(
    operation: Exclude<Operation, { kind: "multi" | "create-session" | "close-session" }>,
  ): Result {
    if (operation.kind === "create") return this.#create(operation);
    const node = this.#tree.nodes.get(operation.path);
    if (node === undefined) return { error: ServerError.noNode };
    const { version } = operation;
    if (version !== -1 && version !== node.version) return { error: ServerError.badVersion };
    switch (operation.kind) {
      case "check":
        return { error: 0 };
      case "set":
        return this.#set(operation.path, node, operation.data);
      case "delete":
        return this.#delete(operation.path, node);
      default:
        return unreachable(operation);
    }
  }

  undo(): void {
    for (const action of this.#undo.toReversed()) action();
  }

  #create(operation: Extract<Operation, { kind: "create" }>): Result {
    const { nodes } = this.#tree;
    const above = parentOf(operation.path);
    const parent = nodes.get(above);
    if (parent === undefined) return { error: ServerError.noNode };
    if (parent.owner !== 0n) return { error: ServerError.noChildrenForEphemerals };
    const suffix = operation.sequential ? String(parent.created).padStart(10, "0") : "";
    const path = operation.path + suffix;
    if (nodes.has(path)) return { error: ServerError.nodeExists };
    const owner = operation.ephemeral ? this.#session : 0n;
    const node = newNode(this.#zxid, this.#timeMs, operation.data, owner);
    const before = { created: parent.created, pzxid: parent.pzxid };
    nodes.set(path, node);
    parent.children.add(nameOf(path));
    parent.created += 1;
    parent.pzxid = this.#zxid;
    if (operation.ephemeral) this.#tree.own(owner, path);
    this.#undo.push(() => {
      nodes.delete(path);
      parent.children.delete(nameOf(path));
      Object.assign(parent, before);
      this.#tree.disown(owner, path);
    });
    this.events.push({ kind: "created", path }, { kind: "children-changed", path: above });
    return { error: 0, path, stat: { ...node }, withStat: operation.withStat };
  }

  #set(path: string, node: TreeNode, data: Uint8Array): Result {
    const { data: oldData, mzxid, mtimeMs, version } = node;
    node.data = data;
    node.mzxid = this.#zxid;
    node.mtimeMs = this.#timeMs;
    node.version += 1;
    this.#undo.push(() => Object.assign(node, { data: oldData, mzxid, mtimeMs, version }));
    this.events.push({ kind: "changed", path });
    return { error: 0, stat: { ...node } };
  }

  #delete(path: string, node: TreeNode): Result {
    if (node.children.size > 0) return { error: ServerError.notEmpty };
    const { nodes } = this.#tree;
    const above = parentOf(path);
    const parent = nodes.get(above);
    if (parent === undefined) return { error: ServerError.noNode };
    const { pzxid } = parent;
    nodes.delete(path);
    parent.children.delete(nameOf(path));
    parent.pzxid = this.#zxid;
    this.#tree.disown(node.owner, path);
    this.#undo.push(() => {
      nodes.set(path, node);
      parent.children.add(nameOf(path));
      parent.pzxid = pzxid;
      if (node.owner !== 0n) this.#tree.own(node.owner, path);
    });
    this.events.push({ kind: "deleted", path }, { kind: "children-changed", path: above });
    return { error: 0 };
  }
}

function newNode(zxid: bigint, timeMs: number, data: Uint8Array, owner: bigint): TreeNode {
  return {
    data,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctimeMs: timeMs,
    mtimeMs: timeMs,
    version: 0,
    created: 0,
    owner,
    children: new Set(),
  };
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
