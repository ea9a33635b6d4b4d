import type { Scheduler } from "../base/scheduler.ts";
import { Scope } from "../base/scope.ts";
import type { SessionEnd } from "./client-event.ts";
import type {
  ClientOptions,
  CreateOptions,
  ReadOptions,
  RequestOptions,
  VersionedOptions,
} from "./client-options.ts";
import { checkClientOptions } from "./client-options.ts";
import type { Credential } from "./credentials.ts";
import { refusedHere, ZooKeeperError } from "./errors.ts";
import type { Request } from "./session/exchange.ts";
import type { ClientLimits } from "./limits.ts";
import { defaultLimits } from "./limits.ts";
import type { MultiOperation, MultiResult } from "./multi.ts";
import { completed, multiBody, readMultiResults } from "./multi.ts";
import { Namespace } from "./namespace.ts";
import { PersistentWatch } from "./watch/persistent-watch.ts";
import { createFlags, createOpcode } from "./protocol/create-mode.ts";
import { WireCode } from "./protocol/error-codes.ts";
import { Opcode } from "./protocol/opcodes.ts";
import type { Acl, Identity, Stat } from "./protocol/records.ts";
import { openAcl, readAcl, readIdentity, readStat } from "./protocol/records.ts";
import {
  createBody,
  emptyBody,
  pathAndIntBody,
  pathBody,
  setAclBody,
  setDataBody,
  versionedBody,
  watchableBody,
} from "./protocol/requests.ts";
import type { WireReader } from "./protocol/wire-reader.ts";
import { ClientSession } from "./session/client-session.ts";
import type { WatchEvent, WatchList } from "./watch/watches.ts";
import { removals, WatchRegistry } from "./watch/watches.ts";

/** A one-shot watch: never rejects; undefined when none was asked for. */
type Watch = Promise<WatchEvent> | undefined;

type Results = readonly MultiResult[];

/**
 * A ZooKeeper client: one session, from its creation to its end. A new session is a new client.
 * Its users need the files beside this one, the transport and the records of the protocol (Stat,
 * Acl); all else below `protocol/`, `session/` and `watch/` is the client's own.
 *
 * - I1. It connects at once and goes on connecting until the session ends; before a first server
 *   has answered there is no session that could end, so callers bound their waits by signals.
 * - I2. Requests made while there is no connection are queued within `limits` and sent in order.
 * - I3. When the connection breaks, what was sent fails with `connection-loss` and an unknown
 *   outcome; what was not sent stays queued.
 * - I4. Every promise settles when the session ends.
 *
 * A request that fails rejects with a `ZooKeeperError`, whose code is one of the server's or one
 * of ours: see `ErrorCode`. The constructor throws what `checkClientOptions` throws.
 */
export class ZooKeeperClient implements AsyncDisposable {
  readonly #session: ClientSession;
  readonly #watches: WatchRegistry;
  readonly #limits: ClientLimits;
  readonly #names: Namespace;
  readonly #acl: readonly Acl[];
  readonly #scheduler: Scheduler;

  constructor(options: ClientOptions) {
    checkClientOptions(options);
    this.#names = new Namespace(options.chroot ?? "");
    this.#acl = options.acl ?? openAcl;
    this.#scheduler = options.scheduler;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#watches = new WatchRegistry(this.#names);
    this.#session = new ClientSession({
      servers: options.servers,
      timeoutMs: options.sessionTimeoutMs,
      scheduler: options.scheduler,
      transport: options.transport,
      credentials: options.credentials ?? [],
      limits: this.#limits,
      watches: this.#watches,
      observe: options.observe ?? ((): void => undefined),
      resume: options.resume,
    });
  }

  /** `connecting` before a first server has answered, `suspended` between two connections. */
  get state(): "connecting" | "connected" | "suspended" | "ended" {
    return this.#session.state;
  }

  /** The session's number; 0 before a server granted one. */
  get sessionId(): bigint {
    return this.#session.sessionId;
  }

  /** What proves the session to a server. Danger: its owner can take the session over. */
  get password(): Uint8Array {
    return this.#session.password;
  }

  /** The highest zxid seen so far: a client that takes the session over passes it to `resume`. */
  get lastZxid(): bigint {
    return this.#session.lastZxid;
  }

  /** In milliseconds: the smallest timeout granted so far; before a grant, the requested one. */
  get sessionTimeoutMs(): number {
    return this.#session.timeoutMs;
  }

  /** The connected server as "host:port"; undefined while there is none. */
  get server(): string | undefined {
    return this.#session.server;
  }

  /** The requests that are unanswered, queued and sent together: 0 once the session is over. */
  get pendingRequests(): number {
    return this.#session.pendingRequests;
  }

  /** Aborted once the session is over. */
  get ended(): AbortSignal {
    return this.#session.ended;
  }

  /** Why it is over; undefined while it is not. */
  get end(): SessionEnd | undefined {
    return this.#session.end;
  }

  /** Resolves with true once connected; with false when the session or `signal` ended first. */
  connected(signal: AbortSignal): Promise<boolean> {
    return this.#session.connected(signal);
  }

  /** Makes a node. Resolves with its path, which differs from `path` for the sequential modes. */
  async create(
    path: string,
    data: Uint8Array,
    options: CreateOptions = {},
  ): Promise<{ path: string; stat: Stat }> {
    const { mode = "persistent", acl = this.#acl, ttlMs } = options;
    const full = this.#names.created("create", path, mode, ttlMs);
    const request = { path: full, data, acl, flags: createFlags(mode), ttlMs };
    return this.#ask("create", path, createOpcode(mode), createBody(request), options, (body) => ({
      path: this.#names.relative(body.string()),
      stat: readStat(body),
    }));
  }

  /** Removes a node that has no children. */
  async delete(path: string, options: VersionedOptions = {}): Promise<void> {
    const body = versionedBody(this.#names.absolute("delete", path), options.version);
    return this.#ask("delete", path, Opcode.delete, body, options, nothing);
  }

  /** Reads a node's Stat: undefined when it does not exist; its watch then waits for a creation. */
  async exists(
    path: string,
    options: ReadOptions = {},
  ): Promise<{ stat: Stat | undefined; watch: Watch }> {
    const full = this.#names.absolute("exists", path);
    this.#makeRoom("exists", path, options);
    return this.#session.submit<{ stat: Stat | undefined; watch: Watch }>({
      operation: "exists",
      path,
      opcode: Opcode.exists,
      body: watchableBody(full, options.watch !== undefined),
      signal: options.signal,
      decode: (body, generation) => ({
        stat: readStat(body),
        watch: this.#arm("data", full, options, body, generation),
      }),
      tolerate: (wireCode, body, generation) =>
        wireCode === WireCode.noNode
          ? { stat: undefined, watch: this.#arm("exist", full, options, body, generation) }
          : undefined,
    });
  }

  /** Reads a node. When it does not exist, that is a `no-node`, and no watch is set. */
  async getData(
    path: string,
    options: ReadOptions = {},
  ): Promise<{ data: Uint8Array; stat: Stat; watch: Watch }> {
    const full = this.#names.absolute("getData", path);
    this.#makeRoom("getData", path, options);
    const request = watchableBody(full, options.watch !== undefined);
    return this.#ask("getData", path, Opcode.getData, request, options, (body, generation) => ({
      data: body.buffer(),
      stat: readStat(body),
      watch: this.#arm("data", full, options, body, generation),
    }));
  }

  /** Replaces what a node holds, as a whole. */
  async setData(path: string, data: Uint8Array, options: VersionedOptions = {}): Promise<Stat> {
    const body = setDataBody(this.#names.absolute("setData", path), data, options.version);
    return this.#ask("setData", path, Opcode.setData, body, options, readStat);
  }

  /** The names of the children, in no order. When the node does not exist, no watch is set. */
  async getChildren(
    path: string,
    options: ReadOptions = {},
  ): Promise<{ children: readonly string[]; stat: Stat; watch: Watch }> {
    const full = this.#names.absolute("getChildren", path);
    this.#makeRoom("getChildren", path, options);
    const request = watchableBody(full, options.watch !== undefined);
    const { getChildren2 } = Opcode;
    return this.#ask("getChildren", path, getChildren2, request, options, (body, generation) => ({
      children: body.vector((reader) => reader.string()),
      stat: readStat(body),
      watch: this.#arm("child", full, options, body, generation),
    }));
  }

  /** Reads who may do what with a node. */
  async getAcl(
    path: string,
    options: RequestOptions = {},
  ): Promise<{ acl: readonly Acl[]; stat: Stat }> {
    const request = pathBody(this.#names.absolute("getAcl", path));
    return this.#ask("getAcl", path, Opcode.getAcl, request, options, (body) => ({
      acl: body.vector(readAcl),
      stat: readStat(body),
    }));
  }

  /** Replaces a node's ACL. The version is the one of the ACL, `aversion`. */
  async setAcl(path: string, acl: readonly Acl[], options: VersionedOptions = {}): Promise<Stat> {
    const body = setAclBody(this.#names.absolute("setAcl", path), acl, options.version);
    return this.#ask("setAcl", path, Opcode.setAcl, body, options, readStat);
  }

  /**
   * Brings the connected server up to what the ensemble's leader knows: a later read sees what
   * others wrote before. It is no write, and proves nothing about the session.
   */
  async sync(path: string, options: RequestOptions = {}): Promise<void> {
    const body = pathBody(this.#names.absolute("sync", path));
    return this.#ask("sync", path, Opcode.sync, body, options, nothing);
  }

  /** Resolves if the node has this version, and rejects with `bad-version` or `no-node` if not. */
  async check(path: string, version: number, options: RequestOptions = {}): Promise<void> {
    await this.multi([{ kind: "check", path, version }], options);
  }

  /** Executes all or nothing. Rejects with a `MultiError` that names the operation to blame. */
  async multi(
    operations: readonly MultiOperation[],
    options: RequestOptions = {},
  ): Promise<Results> {
    const request = multiBody(completed(operations, this.#names, this.#acl));
    return this.#ask<Results>("multi", undefined, Opcode.multi, request, options, (body) =>
      readMultiResults(body, operations, this.#names),
    );
  }

  /** Sets a watch that stays, of one node or of all below it. Danger: see `PersistentWatch`. */
  async addWatch(
    path: string,
    options: RequestOptions & { readonly recursive?: boolean | undefined } = {},
  ): Promise<PersistentWatch> {
    const full = this.#names.absolute("addWatch", path);
    this.#makeRoom("addWatch", path, { watch: this.ended });
    const { recursive = false } = options;
    const { bufferedEvents } = this.#limits;
    const remove = (ended: PersistentWatch): Promise<void> => this.#removePersistent(ended);
    const watch = new PersistentWatch({ path: full, recursive, bufferedEvents, remove });
    // Known from now on, so that closing another watch of the same path, while this one is on its
    // way, does not remove it from the server.
    this.#watches.addPersistent(watch);
    const body = pathAndIntBody(full, recursive ? 1 : 0);
    try {
      return await this.#ask("addWatch", path, Opcode.addWatch, body, options, () => watch.arm());
    } catch (error) {
      this.#watches.removePersistent(watch);
      throw error;
    }
  }

  /**
   * Removes this client's watches of one node: those on its children, on its data, or all.
   * They resolve as aborted. Rejects with `no-watcher` when the server knows of none.
   */
  async removeWatches(
    path: string,
    options: RequestOptions & { readonly kind?: keyof typeof removals | undefined } = {},
  ): Promise<void> {
    const full = this.#names.absolute("removeWatches", path);
    const { kind = "any" } = options;
    const { type, lists } = removals[kind];
    const body = pathAndIntBody(full, type);
    return this.#ask("removeWatches", path, Opcode.removeWatches, body, options, () => {
      this.#watches.drop(full, lists);
      if (kind === "any") this.#watches.dropPersistent(full);
    });
  }

  /** The identities that the connected server knows us by. Servers before 3.7 do not answer. */
  async whoAmI(options: RequestOptions = {}): Promise<readonly Identity[]> {
    return this.#ask("whoAmI", undefined, Opcode.whoAmI, emptyBody, options, (body) =>
      body.vector(readIdentity),
    );
  }

  /** Proves one more identity, now and on every later connection. A refusal ends the session. */
  addCredential(credential: Credential): void {
    this.#session.addCredential(credential);
  }

  /**
   * Ends the session: the servers delete its ephemeral nodes at once. Requests made before are
   * still answered. Waits until `signal` aborts at the latest; then, or when there is no
   * connection, the session is dropped here and runs out on the servers. Idempotent.
   */
  close(signal: AbortSignal): Promise<void> {
    return this.#session.close(signal);
  }

  /** Drops everything here without telling the servers, where the session runs out by itself. */
  abandon(): void {
    this.#session.abandon("abandoned");
  }

  /** Closes, and waits no longer than a third of the session for the answer. */
  async [Symbol.asyncDispose](): Promise<void> {
    using limit = new Scope();
    const closed = this.close(limit.signal);
    const late = this.#scheduler.sleep(this.sessionTimeoutMs / 3, this.ended);
    await Promise.race([closed, late]);
    limit.abort();
    await closed;
  }

  #ask<T>(
    operation: string,
    path: string | undefined,
    opcode: Opcode,
    body: Uint8Array,
    { signal }: RequestOptions,
    decode: Request<T>["decode"],
  ): Promise<T> {
    return this.#session.submit({ operation, path, opcode, body, signal, decode });
  }

  /** Called last when an answer is decoded: nothing is kept because of an answer without sense. */
  #arm(
    list: WatchList,
    path: string,
    { watch }: ReadOptions,
    body: WireReader,
    generation: number,
  ): Watch {
    if (watch === undefined || body.malformed) return undefined;
    return this.#watches.arm(list, path, watch, generation);
  }

  #makeRoom(operation: string, path: string, { watch }: ReadOptions): void {
    if (watch === undefined || this.#watches.size < this.#limits.watches) return;
    const detail = `${this.#watches.size} watches are kept`;
    throw refusedHere("queue-full", { operation, path }, detail);
  }

  async #removePersistent(watch: PersistentWatch): Promise<void> {
    this.#watches.removePersistent(watch);
    // The server knows one watch per path; while somebody here still needs it, it stays. Without
    // a connection there is nothing to remove: the next one does not arm it again.
    if (this.#watches.has(watch.path) || this.state !== "connected") return;
    try {
      await this.removeWatches(this.#names.relative(watch.path));
    } catch (error) {
      // Gone already, or gone with its connection: both are what was wanted.
      if (!(error instanceof ZooKeeperError)) throw error;
    }
  }
}

function nothing(): void {
  return undefined;
}
