const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads jute's binary encoding from the bytes of one frame.
 *
 * It never throws, because the bytes are a stranger's. The first value that does not fit sets
 * `malformed`, and every later read yields an empty value, so a decoder is written straight on and
 * its caller asks once, at the end. Whatever was read is meaningless when `malformed` is set.
 *
 * Source: BinaryInputArchive.java:97-145.
 */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;
  #malformed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether something that was read did not fit the bytes. */
  get malformed(): boolean {
    return this.#malformed;
  }

  /** The bytes not yet read. Some answers end early for older peers. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** What was read cannot be right, although it fits. */
  reject(): void {
    this.#malformed = true;
  }

  int(): number {
    const at = this.#take(4);
    return at === undefined ? 0 : this.#view.getInt32(at);
  }

  long(): bigint {
    const at = this.#take(8);
    return at === undefined ? 0n : this.#view.getBigInt64(at);
  }

  boolean(): boolean {
    const at = this.#take(1);
    return at !== undefined && this.#view.getUint8(at) !== 0;
  }

  /** A copy, so that a small value does not keep a large frame alive. Null reads as empty. */
  buffer(): Uint8Array {
    // Not `slice`, which is a view when the bytes are a Buffer.
    return new Uint8Array(this.#span());
  }

  /** Null reads as empty: no field that this client reads tells the two apart. */
  string(): string {
    return decoder.decode(this.#span());
  }

  vector<T>(element: (reader: WireReader) => T): T[] {
    const count = this.int();
    const elements: T[] = [];
    if (count === -1) return elements;
    // No element takes less than four bytes, so a larger count is a lie; believing it would
    // let one frame of a few bytes cost gigabytes.
    if (count < 0 || count > this.remaining / 4) this.#malformed = true;
    for (let index = 0; index < count && !this.#malformed; index += 1) elements.push(element(this));
    return elements;
  }

  #span(): Uint8Array {
    const length = this.int();
    if (length === -1) return new Uint8Array();
    const at = this.#take(length);
    return at === undefined ? new Uint8Array() : this.#bytes.subarray(at, at + length);
  }

  #take(length: number): number | undefined {
    if (this.#malformed || length < 0 || length > this.remaining) {
      this.#malformed = true;
      return undefined;
    }
    const at = this.#offset;
    this.#offset += length;
    return at;
  }
}
