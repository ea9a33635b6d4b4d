import type { Random } from "./random.ts";

/** What a medium writes at once: whole, or not at all. */
const sectorBytes = 512;

/** The content of a file that is written at offsets: as a reader sees it, and as the medium has it. */
export class SimulatedBlocks {
  #seen: Uint8Array = new Uint8Array();
  #kept: Uint8Array = new Uint8Array();
  #unsynced: Part[] = [];

  get size(): number {
    return this.#seen.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#seen.slice(offset, offset + length);
  }

  /** Readers see the bytes; the medium gets them by the returned flush. */
  write(offset: number, bytes: Uint8Array): () => void {
    const part = { offset, bytes: bytes.slice() };
    this.#seen = written(this.#seen, part.offset, part.bytes);
    this.#unsynced.push(part);
    return () => {
      if (!this.#unsynced.includes(part)) return;
      const before = this.#unsynced.slice(0, this.#unsynced.indexOf(part));
      // What a failed write left can no longer come over what was flushed later.
      for (const other of before) overlay(other, part);
      this.#unsynced = this.#unsynced.filter((other) => other !== part);
      this.#kept = written(this.#kept, part.offset, part.bytes);
    };
  }

  /** Of what was not flushed, any sectors are on the medium. */
  losePower(random: Random): void {
    for (const { offset, bytes } of this.#unsynced.splice(0)) {
      for (let start = 0; start < bytes.length;) {
        const end = start + sectorBytes - ((offset + start) % sectorBytes);
        const part = bytes.subarray(start, end);
        if (random.chance(0.5)) this.#kept = written(this.#kept, offset + start, part);
        start = end;
      }
    }
    this.#seen = this.#kept.slice();
  }

  /** The medium gives back another bit than it was given. */
  rot(offset: number, bit: number): void {
    for (const content of [this.#seen, this.#kept]) {
      content[offset] = (content[offset] ?? 0) ^ (1 << bit);
    }
  }
}

interface Part {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Gives a part the bytes of another one where the two cover the same place. */
function overlay(part: Part, other: Part): void {
  const start = Math.max(part.offset, other.offset);
  const end = Math.min(part.offset + part.bytes.length, other.offset + other.bytes.length);
  if (start >= end) return;
  part.bytes.set(
    other.bytes.subarray(start - other.offset, end - other.offset),
    start - part.offset,
  );
}

function written(content: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
  const end = offset + bytes.length;
  const grown = end <= content.length ? content : new Uint8Array(end);
  if (grown !== content) grown.set(content);
  grown.set(bytes, offset);
  return grown;
}
