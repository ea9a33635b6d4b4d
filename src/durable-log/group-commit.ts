import { encodeFrame, frameBytes } from "./frame.ts";
import { LogError } from "./log-error.ts";
import type { LogIndex } from "./log-index.ts";
import { type LogRecord, recordBytes } from "./record.ts";
import { newSegment, type Segment } from "./segment.ts";
import type { SpareSegments } from "./spare-segments.ts";

/** Two batches in flight: one is written while the other waits for the medium. */
const mostInFlight = 2;

/** What somebody waits for. All of its records become durable together. */
interface Append {
  readonly records: readonly LogRecord[];
  /** Must have resolved before the records are written, which name what it made. */
  readonly before: (() => Promise<void>) | undefined;
  readonly resolve: () => void;
  readonly reject: (error: LogError) => void;
}

/** A frame on its way to the medium. */
interface Flight {
  readonly number: number;
  readonly segment: Segment;
  readonly offset: number;
  readonly records: readonly LogRecord[];
  readonly offsets: readonly number[];
  readonly appends: readonly Append[];
  done: boolean;
}

interface GroupCommitOptions {
  readonly index: LogIndex;
  readonly spares: SpareSegments;
  /** From the oldest to the one that is written; it grows here, and shrinks by snapshots. */
  readonly segments: Segment[];
  readonly lastFrame: number;
  /** Several appends share a flush until their records have this many bytes. */
  readonly batchBytes: number;
  /** Calls back once what the loop has ready is done: until then, appends gather. */
  readonly defer: (then: () => void) => void;
  /** Called when the log cannot be written any more, once. */
  readonly onFailure: (error: LogError) => void;
}

/**
 * Many appends, one flush.
 *
 * - G1. An append resolves only after its frame, and every frame before it, is on the medium.
 * - G2. The index knows a record only when it is durable, and in the order of the appends.
 * - G3. After a failed write nothing more is written, and nothing resolves.
 * - G4. A new segment begins when nothing is in flight: only the last one can be torn.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: Append[] = [];
  #flights: Flight[] = [];
  #newest: number;
  #durable: number;
  /** The frame up to which a frame on the medium says that all is durable. */
  #sealed = 0;
  #pumping: Promise<void> | undefined;
  readonly #writes = new Set<Promise<void>>();
  #isDeferred = false;
  #failure: LogError | undefined;
  #landed: (() => void) | undefined;
  #room: (() => void) | undefined;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#newest = options.lastFrame;
    this.#durable = options.lastFrame;
  }

  get failure(): LogError | undefined {
    return this.#failure;
  }

  /** How many bytes the last segment still takes. */
  get room(): number {
    const segment = this.#options.segments.at(-1);
    return segment === undefined ? 0 : segment.file.size - segment.end;
  }

  /** Resolves when the records are durable (G1). Rejects with a LogError, which is final. */
  async append(records: readonly LogRecord[], before?: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ records, before, resolve, reject });
    this.#pumpSoon();
    await promise;
  }

  /** Writes that all before is durable, unless that is written: rot is told from a tear then. */
  async seal(): Promise<void> {
    if (this.#sealed < this.#newest) await this.append([]);
  }

  /** Takes note that there may be room again. */
  roomMayBeBack(): void {
    this.#room?.();
  }

  /** What waits is refused. Resolves when nothing is being written any more. */
  async stop(): Promise<void> {
    this.#fail(new LogError("closed", "the log is closed", this.#place()), false);
    await this.#pumping;
    await Promise.allSettled(this.#writes);
  }

  #place(): { readonly file: string; readonly offset: number } {
    const segment = this.#options.segments.at(-1);
    return { file: segment?.name ?? "log", offset: segment?.end ?? 0 };
  }

  #pumpSoon(): void {
    if (this.#pumping !== undefined || this.#isDeferred) return;
    this.#isDeferred = true;
    this.#options.defer(() => {
      this.#isDeferred = false;
      this.#pumping ??= this.#pump()
        .catch((error: unknown) => this.#fail(this.#writeError(error)))
        .finally(() => {
          this.#pumping = undefined;
          if (this.#waiting.length > 0) this.#pumpSoon();
        });
    });
  }

  async #pump(): Promise<void> {
    while (this.#failure === undefined && this.#waiting.length > 0) {
      if (this.#flights.length >= mostInFlight) await this.#nextLanding();
      else await this.#launch(this.#takeBatch());
    }
  }

  #takeBatch(): readonly Append[] {
    let bytes = 0;
    let count = 0;
    for (const { records } of this.#waiting) {
      bytes += records.reduce((sum, record) => sum + recordBytes(record), 0);
      if (count > 0 && bytes > this.#options.batchBytes) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #launch(appends: readonly Append[]): Promise<void> {
    let records = appends.flatMap((append) => append.records);
    try {
      for (const { before } of appends) await before?.();
      const fits = frameBytes(records) <= this.room;
      if (!fits) records = [...(await this.#begin(records)), ...records];
      if (this.#failure !== undefined) throw this.#failure;
    } catch (error) {
      this.#fail(this.#writeError(error));
      for (const { reject } of appends) reject(this.#failure ?? this.#writeError(error));
      return;
    }
    const segment = this.#options.segments.at(-1);
    if (segment === undefined) return;
    this.#newest += 1;
    const durable = this.#durable;
    const { bytes, offsets } = encodeFrame({ number: this.#newest, durable, records });
    const offset = segment.end;
    segment.end += bytes.length;
    const flight = {
      number: this.#newest,
      segment,
      offset,
      records,
      offsets,
      appends,
      done: false,
    };
    this.#flights.push(flight);
    const writing = segment.file.writeAt(offset, bytes).then(
      () => this.#land(flight, durable),
      (error: unknown) => this.#fail(this.#writeError(error)),
    );
    this.#writes.add(writing);
    void writing.finally(() => this.#writes.delete(writing));
  }

  /** Begins a new segment (G4). Returns what its first frame repeats. */
  async #begin(records: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    const { index, spares, segments } = this.#options;
    while (this.#flights.length > 0 && this.#failure === undefined) await this.#nextLanding();
    const head: LogRecord[] = [
      { kind: "base", position: index.last },
      { kind: "hard-state", hardState: index.hardState },
    ];
    if (index.snapshot !== undefined) head.push({ kind: "snapshot", position: index.snapshot });
    const number = (segments.at(-1)?.number ?? 0) + 1;
    const least = frameBytes([]) + frameBytes([...head, ...records]);
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const file = await spares.take(number, this.#newest + 1, least);
      if (file !== undefined) {
        segments.push(newSegment(number, file, index.last));
        return head;
      }
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
  }

  #land(flight: Flight, sealed: number): void {
    if (this.#failure !== undefined) return;
    flight.done = true;
    for (let [first] = this.#flights; first?.done === true; [first] = this.#flights) {
      this.#flights.shift();
      this.#durable = first.number;
      const { segment, offset, records, offsets } = first;
      for (const [number, record] of records.entries()) {
        const problem = this.#options.index.apply(record, segment, offset + (offsets[number] ?? 0));
        if (problem === undefined) continue;
        this.#fail(new LogError("write-failed", problem, { file: segment.name, offset }));
        for (const { reject } of first.appends) if (this.#failure) reject(this.#failure);
        return;
      }
      for (const { resolve } of first.appends) resolve();
    }
    this.#sealed = Math.max(this.#sealed, sealed, flight.records.length === 0 ? flight.number : 0);
    this.#landed?.();
  }

  async #nextLanding(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#landed = resolve;
    });
  }

  #writeError(error: unknown): LogError {
    if (error instanceof LogError) return error;
    return new LogError("write-failed", "a write failed", this.#place(), error);
  }

  #fail(error: LogError, isTold = true): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    const left = [...this.#flights.splice(0).flatMap(({ appends }) => appends), ...this.#waiting];
    this.#waiting = [];
    for (const { reject } of left) reject(error);
    this.#landed?.();
    this.#room?.();
    if (isTold) this.#options.onFailure(error);
  }
}
