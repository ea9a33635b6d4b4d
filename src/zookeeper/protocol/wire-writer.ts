const encoder = new TextEncoder();

/**
 * Writes jute's binary encoding into one growing buffer.
 *
 * Source: BinaryOutputArchive.java.
 */
export class WireWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far, without a copy: the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  int(value: number): this {
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
    return this;
  }

  long(value: bigint): this {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value);
    return this;
  }

  boolean(value: boolean): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value ? 1 : 0);
    return this;
  }

  buffer(value: Uint8Array): this {
    return this.int(value.length).raw(value);
  }

  string(value: string): this {
    return this.buffer(encoder.encode(value));
  }

  vector<T>(elements: readonly T[], element: (writer: this, value: T) => void): this {
    this.int(elements.length);
    for (const value of elements) element(this, value);
    return this;
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): this {
    // Growing may replace the bytes, so it comes first.
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Makes room, and says where. Asked for first: the view and the buffer may be new after it. */
  #grow(length: number): number {
    const at = this.#length;
    const needed = at + length;
    // Doubling keeps the cost of a long write proportional to its bytes.
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = needed;
    return at;
  }
}
