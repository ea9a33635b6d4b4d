import type { Disk } from "../disk/disk.ts";
import type {
  HardState,
  LogStore,
  PieceReading,
  RaftEntry,
  SnapshotMeta,
} from "../raft/log/log-store.ts";
import { entryBytes } from "../raft/log/log-store.ts";
import type { LogWrite } from "../raft/log/write.ts";
import { EntryReader } from "./entry-reader.ts";
import { GroupCommit } from "./group-commit.ts";
import { type DirectoryIdentity, readDirectoryIdentity, writeIdentity } from "./identity.ts";
import { LogError } from "./log-error.ts";
import { LogIndex } from "./log-index.ts";
import type { LogRecord, Position } from "./record.ts";
import { recoverLog, segmentNumbers } from "./recovery.ts";
import type { Segment } from "./segment.ts";
import {
  noSnapshot,
  readSnapshot,
  removeSnapshotsBefore,
  type Snapshot,
  writeSnapshot,
} from "./snapshot-file.ts";
import { SpareSegments } from "./spare-segments.ts";

export interface DurableLogOptions {
  /** The data directory, which is there, and is this process's alone: locks are the caller's. */
  readonly disk: Disk;
  readonly node: string;
  /** The cluster that the caller knows it belongs to; undefined where it knows of none. */
  readonly cluster: string | undefined;
  /** 32 hexadecimal digits that nobody else draws. */
  readonly newId: () => string;
  /** How large a segment is; 64 MiB is usual. */
  readonly segmentBytes: number;
  /** How large the segment is that a full disk leaves for terms and votes; 1 MiB is usual. */
  readonly reserveBytes: number;
  /** Entries up to this many bytes stay in memory. */
  readonly cacheBytes: number;
  /** The log keeps this many bytes behind a snapshot, for nodes that are a little late. */
  readonly keepBytes: number;
  /** Several appends share a flush until their records have this many bytes. */
  readonly batchBytes: number;
  /** Calls back once what the loop has ready is done: until then, appends gather. */
  readonly defer: (then: () => void) => void;
  /** Called when entries that were not in memory are at hand: the core's input `log-read`. */
  readonly onRead: () => void;
  /** Called once, when the log can no longer be written or trusted: the process must end. */
  readonly onFailure: (error: LogError) => void;
}

/**
 * The log of one node, on its disk.
 *
 * - D1. What `write` resolved for is there after every crash, and a start finds exactly the log
 *   that some prefix of the writes left.
 * - D2. A start refuses what is not as it was written, but for the torn end of the last write, and
 *   deletes nothing.
 * - D3. A failed write is final.
 * - D4. What is read back went through its checksum.
 */
export class DurableLog implements LogStore, AsyncDisposable {
  /** Who this directory is, as of this start. */
  identity: DirectoryIdentity;
  readonly #options: DurableLogOptions;
  readonly #index: LogIndex;
  readonly #segments: Segment[];
  readonly #spares: SpareSegments;
  readonly #commit: GroupCommit;
  readonly #reader: EntryReader;
  #snapshot: Snapshot;
  #previous: Position | undefined;
  /** The pieces of a snapshot that comes from another node. */
  #incoming: Uint8Array[] = [];
  /** The index of the newest snapshot that was asked for: an older one no longer counts. */
  #newestSnapshot = 0;
  /** Snapshots are written one after another. */
  #keeping: Promise<void> = Promise.resolve();
  /** Segments that are no longer needed, the oldest first. */
  readonly #old: Segment[] = [];
  #tidying: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(parts: LogParts) {
    const { options, identity, index, snapshot, segments, lastFrame } = parts;
    const { disk, segmentBytes, reserveBytes, batchBytes, defer, onFailure, onRead } = options;
    this.#options = options;
    this.identity = identity;
    this.#index = index;
    this.#snapshot = snapshot;
    this.#segments = [...segments];
    const { directory } = identity;
    this.#spares = new SpareSegments({ disk, directory, segmentBytes, reserveBytes });
    this.#reader = new EntryReader({ index, onRead, onFailure });
    const shared = { index, spares: this.#spares, segments: this.#segments };
    this.#commit = new GroupCommit({ ...shared, lastFrame, batchBytes, defer, onFailure });
  }

  /**
   * Opens the log of a directory, or begins one in an empty one, and counts the start. Rejects with
   * a LogError where the directory is not to be trusted, is another's, or is a newer release's.
   */
  static async open(options: DurableLogOptions): Promise<DurableLog> {
    const { disk, node, cluster, newId, cacheBytes } = options;
    const before = await readDirectoryIdentity(disk);
    mustBeOurs(before, options);
    const directory = before?.directory ?? newId();
    const index = new LogIndex(cacheBytes);
    if (before === undefined && (await segmentNumbers(disk)).length > 0) {
      throw new LogError("incomplete", "it is missing", { file: "identity", offset: 0 });
    }
    index.isRecovering = true;
    const { segments, lastFrame } = await recoverLog(disk, directory, index);
    if (segments.length === 0 && before?.hasLog === true) {
      throw new LogError("incomplete", "no segment of the log is there", {
        file: "log",
        offset: 0,
      });
    }
    const problem = index.recovered();
    if (problem !== undefined) {
      throw new LogError("incomplete", problem, { file: segments[0]?.name ?? "log", offset: 0 });
    }
    const { snapshot: position } = index;
    const snapshot =
      position === undefined ? noSnapshot : await readSnapshot(disk, directory, position);
    const starts = (before?.starts ?? 0) + 1;
    const known = { cluster: before?.cluster ?? cluster, node, directory };
    const identity = { ...known, starts, startId: newId(), hasLog: before?.hasLog ?? false };
    await writeIdentity(disk, identity);
    const log = new DurableLog({ options, identity, index, snapshot, segments, lastFrame });
    await log.#begin();
    return log;
  }

  get hardState(): HardState {
    return this.#index.hardState;
  }

  get firstIndex(): number {
    return this.#index.base.index + 1;
  }

  get lastIndex(): number {
    return this.#index.lastIndex;
  }

  get snapshot(): SnapshotMeta {
    return this.#snapshot.meta;
  }

  /** The bytes of the newest snapshot: what a state machine starts from. */
  get snapshotData(): Uint8Array {
    return this.#snapshot.data;
  }

  /** Whether there is room for entries. Without it, take none and hand leadership over. */
  get accepting(): boolean {
    const { reserveBytes } = this.#options;
    if (this.#commit.failure !== undefined) return false;
    return this.#spares.trouble === undefined || this.#commit.room >= reserveBytes;
  }

  termOf(index: number): number | undefined {
    return this.#index.termOf(index);
  }

  entries(from: number, to: number, maxBytes: number): readonly RaftEntry[] | undefined {
    const taken: RaftEntry[] = [];
    let bytes = 0;
    for (let number = from; number <= to; number += 1) {
      const entry = this.#reader.entry(number);
      if (entry === undefined) break;
      bytes += entryBytes(entry);
      if (taken.length > 0 && bytes > maxBytes) break;
      taken.push(entry);
    }
    if (taken.length > 0) return taken;
    this.#reader.begin(from, Math.min(to, this.lastIndex), maxBytes);
    return undefined;
  }

  memberEntries(): readonly RaftEntry[] {
    return this.#index.memberEntries(this.snapshot.index);
  }

  snapshotPiece(index: number, offset: number, maxBytes: number): PieceReading {
    const { meta, data } = this.#snapshot;
    if (index !== meta.index) return { kind: "gone" };
    const end = Math.min(data.length, offset + maxBytes);
    return { kind: "piece", data: data.subarray(offset, end), last: end === data.length };
  }

  /**
   * Makes a write of the core durable: all of it or nothing. Writes become durable in the order of
   * the calls. Rejects with a LogError, and so does every later one then: the process must end.
   */
  async write(write: LogWrite): Promise<void> {
    const { hardState, piece, install, cutFrom, entries } = write;
    const records: LogRecord[] = [];
    if (hardState !== undefined) records.push({ kind: "hard-state", hardState });
    if (piece !== undefined) this.#takePiece(piece.offset, piece.data);
    const installed = install === undefined ? undefined : this.#incomingSnapshot(install);
    if (installed !== undefined) {
      this.#newestSnapshot = Math.max(this.#newestSnapshot, installed.meta.index);
      records.push({ kind: "install", position: positionOf(installed.meta) });
    }
    if (cutFrom !== undefined) records.push({ kind: "cut", from: cutFrom });
    for (const { index, term, kind, data } of entries) {
      records.push({ kind, position: { index, term }, data });
    }
    if (records.length === 0) return;
    const before = installed === undefined ? undefined : async () => await this.#keep(installed);
    await this.#commit.append(records, before);
    if (installed !== undefined) this.#adopt(installed);
  }

  /**
   * Keeps a snapshot of the state machine, and cuts the log that it makes needless but for
   * `keepBytes`. Resolves when the snapshot counts, or a newer one does. Its index is of a durable
   * entry. A DiskError says that there was no room for it: the log is as it was.
   */
  async keepSnapshot(snapshot: Snapshot): Promise<void> {
    const { meta } = snapshot;
    if (this.termOf(meta.index) !== meta.term || meta.index < this.snapshot.index) {
      throw new RangeError(`no snapshot can be kept as of entry ${meta.index}`);
    }
    this.#newestSnapshot = Math.max(this.#newestSnapshot, meta.index);
    await this.#keep(snapshot);
    // Another node's snapshot may have taken the place of the log meanwhile.
    if (meta.index < this.#newestSnapshot) return;
    await this.#commit.append([{ kind: "snapshot", position: positionOf(meta) }]);
    if (meta.index >= this.snapshot.index) this.#adopt(snapshot);
  }

  /** Writes down to which cluster this directory belongs, once. Durable when it resolves. */
  async joinCluster(cluster: string): Promise<void> {
    if (this.identity.cluster === cluster) return;
    if (this.identity.cluster !== undefined)
      throw foreign("cluster", cluster, this.identity.cluster);
    const identity = { ...this.identity, cluster };
    await writeIdentity(this.#options.disk, identity);
    this.identity = identity;
  }

  /** Says on the disk that all before is durable: to be called when the log has been idle. */
  async seal(): Promise<void> {
    await this.#commit.seal();
  }

  /** Looks whether there is room again. Resolves to whether entries are taken. */
  async retryRoom(): Promise<boolean> {
    await this.#spares.prepare();
    this.#commit.roomMayBeBack();
    return this.accepting;
  }

  /** Waits for what is under way, and closes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    if (this.accepting) await this.#commit.seal().catch(() => undefined);
    await this.#commit.stop();
    await this.#keeping;
    await this.#tidying;
    await this.#reader.idle().catch(() => undefined);
    await this.#spares.close();
    for (const { file } of [...this.#old, ...this.#segments]) await file.close();
  }

  async #begin(): Promise<void> {
    const { disk } = this.#options;
    await this.#spares.prepare();
    // The first frame makes the first segment, without which a directory is as good as empty. In
    // another one it says that what was read is durable.
    if (this.#segments.length === 0 || this.accepting) await this.#commit.append([]);
    if (!this.identity.hasLog) {
      const identity = { ...this.identity, hasLog: true };
      await writeIdentity(disk, identity);
      this.identity = identity;
    }
    this.#tidy(false);
  }

  #takePiece(offset: number, data: Uint8Array): void {
    if (offset === 0) this.#incoming = [];
    this.#incoming.push(data);
  }

  #incomingSnapshot(meta: SnapshotMeta): Snapshot {
    const data = new Uint8Array(Buffer.concat(this.#incoming));
    this.#incoming = [];
    return { meta, data };
  }

  async #keep(snapshot: Snapshot): Promise<void> {
    const { disk } = this.#options;
    const kept = this.#keeping.then(
      async () => await writeSnapshot(disk, this.identity.directory, snapshot),
    );
    this.#keeping = kept.catch(() => undefined);
    await kept;
  }

  #adopt(snapshot: Snapshot): void {
    this.#previous = positionOf(this.#snapshot.meta);
    this.#snapshot = snapshot;
    const replaced = snapshot.meta.index === this.#index.base.index;
    this.#tidy(replaced);
  }

  /** Lets go of segments that the snapshot covers: oldest first, and never the last one. */
  #tidy(isReplaced: boolean): void {
    const { keepBytes, disk } = this.#options;
    let bytes = this.#segments.reduce((sum, { end }) => sum + end, 0);
    for (let [first, next] = this.#segments; first && next; [first, next] = this.#segments) {
      bytes -= first.end;
      const isCovered = Math.max(first.highest, next.base.index) <= this.snapshot.index;
      if (!isCovered || (bytes < keepBytes && !isReplaced)) break;
      this.#index.dropUpTo(next.base);
      this.#segments.shift();
      this.#old.push(first);
    }
    this.#tidying = this.#tidying.then(async () => {
      await this.#reader.idle().catch(() => undefined);
      for (let [segment] = this.#old; segment !== undefined; [segment] = this.#old) {
        // What cannot go is tried again later, and what is newer stays with it: no gap.
        if (!(await this.#spares.recycle(segment))) return;
        this.#old.shift();
      }
      // At a start nothing is known of the snapshot before: it stays until the next one.
      if (this.#previous === undefined) return;
      // What cannot be removed is tried again with the next snapshot.
      await removeSnapshotsBefore(disk, this.#previous.index).catch(() => undefined);
    });
  }
}

interface LogParts {
  readonly options: DurableLogOptions;
  readonly identity: DirectoryIdentity;
  readonly index: LogIndex;
  readonly snapshot: Snapshot;
  readonly segments: readonly Segment[];
  readonly lastFrame: number;
}

function positionOf({ index, term }: SnapshotMeta): Position {
  return { index, term };
}

function mustBeOurs(
  identity: DirectoryIdentity | undefined,
  { node, cluster }: DurableLogOptions,
): void {
  if (identity === undefined) return;
  if (identity.node !== node) throw foreign("node", node, identity.node);
  if (cluster === undefined || identity.cluster === undefined) return;
  if (identity.cluster !== cluster) throw foreign("cluster", cluster, identity.cluster);
}

function foreign(what: "node" | "cluster", ours: string, theirs: string): LogError {
  const place = { file: "identity", offset: 0 };
  return new LogError("foreign", `it belongs to ${what} ${theirs}, not to ${ours}`, place);
}
