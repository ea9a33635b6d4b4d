import type { RaftEntry } from "../raft/log/log-store.ts";
import { LogError } from "./log-error.ts";
import type { EntryPlace, LogIndex } from "./log-index.ts";
import { readRecord, recordHeaderBytes } from "./record.ts";
import type { Segment } from "./segment.ts";

interface EntryReaderOptions {
  readonly index: LogIndex;
  /** Called when what was asked for is at hand. */
  readonly onRead: () => void;
  /** Called when an entry cannot be read, or is not what was written: trust nothing then. */
  readonly onFailure: (error: LogError) => void;
}

/** By index. */
type ReadEntries = Map<number, { readonly place: EntryPlace; readonly data: Uint8Array }>;

/** Reads entries that are no longer in memory, through their checksums. One run at a time. */
export class EntryReader {
  readonly #options: EntryReaderOptions;
  #read: ReadEntries = new Map();
  #reading: Promise<void> | undefined;

  constructor(options: EntryReaderOptions) {
    this.#options = options;
  }

  /** Resolves when nothing is being read. */
  async idle(): Promise<void> {
    await this.#reading;
  }

  /** An entry that is at hand. What was read counts as long as the log has it at that place. */
  entry(index: number): RaftEntry | undefined {
    const place = this.#options.index.placeOf(index);
    if (place === undefined) return undefined;
    const found = this.#read.get(index);
    const data = place.data ?? (found?.place === place ? found.data : undefined);
    return data === undefined ? undefined : { index, term: place.term, kind: place.kind, data };
  }

  /** Begins to read from this entry on, unless something is being read. */
  begin(from: number, to: number, mostBytes: number): void {
    if (this.#reading !== undefined) return;
    const run = this.#run(from, to, mostBytes);
    const [first] = run;
    if (first === undefined) return;
    this.#reading = this.#readRun(first.segment, from, run).finally(() => {
      this.#reading = undefined;
    });
    this.#reading.then(this.#options.onRead, (error: unknown) => {
      const place = { file: first.segment.name, offset: first.offset };
      const failure =
        error instanceof LogError
          ? error
          : new LogError("unreadable", "an entry cannot be read", place, error);
      this.#options.onFailure(failure);
    });
  }

  /** Entries that lie in one segment, one behind another. */
  #run(from: number, to: number, mostBytes: number): readonly EntryPlace[] {
    const run: EntryPlace[] = [];
    for (let number = from; number <= to; number += 1) {
      const place = this.#options.index.placeOf(number);
      const [first] = run;
      if (place === undefined) break;
      if (first !== undefined) {
        if (place.segment !== first.segment || place.offset < first.offset) break;
        if (place.offset + place.length - first.offset > mostBytes) break;
      }
      run.push(place);
    }
    return run;
  }

  async #readRun(segment: Segment, from: number, run: readonly EntryPlace[]): Promise<void> {
    const start = run[0]?.offset ?? 0;
    const last = run.at(-1);
    const bytes = await segment.file.readAt(
      start,
      (last?.offset ?? 0) + (last?.length ?? 0) - start,
    );
    const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const read: ReadEntries = new Map();
    for (const [number, place] of run.entries()) {
      const reading = readRecord(source, place.offset - start);
      const record = reading?.record;
      const sound =
        record !== undefined &&
        "data" in record &&
        record.position.index === from + number &&
        record.position.term === place.term &&
        record.data.length + recordHeaderBytes === place.length;
      if (!sound) {
        const where = { file: segment.name, offset: place.offset };
        throw new LogError("corrupt", `entry ${from + number} is not what was written`, where);
      }
      read.set(from + number, { place, data: record.data });
    }
    this.#read = read;
  }
}
