import type { LogWrite } from "./write.ts";

interface PendingWrite {
  readonly number: number;
  readonly term: number;
  readonly lastIndex: number;
  /** What the log holds up to this index survives a crash once this write is done. */
  covers: number;
}

/**
 * The writes that were handed out and not yet confirmed.
 *
 * W1. A confirmation counts only for what the log still holds: an entry that was cut, and perhaps
 *     appended again with the same index and term, waits for the write that has it the last time.
 * W2. Writes are confirmed in order: a confirmation is one of all writes before it.
 */
export class PendingWrites {
  /** The number of the newest write that was handed out. */
  newest = 0;
  /** The number of the newest write that is confirmed. */
  confirmed = 0;
  /** The number of the newest write with term and vote. */
  newestHardState = 0;
  #pending: PendingWrite[] = [];

  /** Takes note of a write; `covers` is the last entry of the log that it makes durable. */
  add({ number, term, lastIndex, hardState }: LogWrite, covers: number): void {
    this.newest = number;
    if (hardState !== undefined) this.newestHardState = number;
    this.#pending.push({ number, term, lastIndex, covers });
  }

  /** Takes note that the log was cut: earlier writes no longer say anything of what is behind. */
  cut(from: number): void {
    for (const write of this.#pending) write.covers = Math.min(write.covers, from - 1);
  }

  /** The last entry that the write made durable (0: none); undefined without such a write. */
  confirm(number: number, term: number, lastIndex: number): number | undefined {
    const at = this.#pending.findIndex((write) => write.number === number);
    const write = this.#pending[at];
    if (write?.term !== term || write.lastIndex !== lastIndex) return undefined;
    const covered = Math.max(...this.#pending.slice(0, at + 1).map(({ covers }) => covers));
    this.#pending = this.#pending.slice(at + 1);
    this.confirmed = number;
    return covered;
  }

  /** The write that has to be confirmed before this entry is durable; 0 where none has to. */
  writeOf(index: number): number {
    return this.#pending.find(({ covers }) => covers >= index)?.number ?? 0;
  }

  /** The write that has to be confirmed before term and vote are durable; 0 where none has to. */
  writeOfHardState(): number {
    return this.newestHardState > this.confirmed ? this.newestHardState : 0;
  }

  clone(): PendingWrites {
    const copy = new PendingWrites();
    copy.newest = this.newest;
    copy.confirmed = this.confirmed;
    copy.newestHardState = this.newestHardState;
    copy.#pending = this.#pending.map((write) => ({ ...write }));
    return copy;
  }

  /** For comparing and hashing states. */
  toJSON(): unknown {
    return [this.newest, this.confirmed, this.newestHardState, this.#pending];
  }
}
