const headerBytes = 4;

/**
 * Cuts a byte stream into frames: a length of four bytes, then that many bytes.
 *
 * One per connection. The cost is proportional to the bytes, however they are chunked, and no more
 * than one frame and one chunk are held. A length that cannot be right sets `malformed`, after
 * which nothing more comes out: the stream has lost its beat and only a new connection helps.
 *
 * Source: NIOServerCnxn.java:559-570; ClientCnxnSocket.java:123-129 (the check).
 */
export class FrameReader {
  readonly #maximumBytes: number;
  readonly #tlsHint: string | undefined;
  readonly #header = new Uint8Array(headerBytes);
  #headerFilled = 0;
  #payload: Uint8Array | undefined;
  #payloadFilled = 0;
  #malformed: string | undefined;
  #isFirst = true;

  /**
   * @param maximumBytes the longest frame that is taken
   * @param tlsHint for people: the cure where a server speaks TLS
   */
  constructor(maximumBytes: number, tlsHint?: string) {
    this.#maximumBytes = maximumBytes;
    this.#tlsHint = tlsHint;
  }

  /** For people: why nothing more can be read; undefined while all is well. */
  get malformed(): string | undefined {
    return this.#malformed;
  }

  /** The payloads that `chunk` completes. They may share its memory. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const frames: Uint8Array[] = [];
    let rest = chunk;
    while (rest.length > 0 && this.#malformed === undefined) rest = this.#consume(rest, frames);
    return frames;
  }

  #consume(chunk: Uint8Array, frames: Uint8Array[]): Uint8Array {
    if (this.#payload === undefined) return this.#consumeHeader(chunk, frames);
    const part = chunk.subarray(0, this.#payload.length - this.#payloadFilled);
    this.#payload.set(part, this.#payloadFilled);
    this.#payloadFilled += part.length;
    if (this.#payloadFilled === this.#payload.length) {
      frames.push(this.#payload);
      this.#payload = undefined;
    }
    return chunk.subarray(part.length);
  }

  #consumeHeader(chunk: Uint8Array, frames: Uint8Array[]): Uint8Array {
    const part = chunk.subarray(0, headerBytes - this.#headerFilled);
    this.#header.set(part, this.#headerFilled);
    this.#headerFilled += part.length;
    const rest = chunk.subarray(part.length);
    if (this.#headerFilled < headerBytes) return rest;

    this.#headerFilled = 0;
    const length = new DataView(this.#header.buffer).getInt32(0);
    if (length < 0 || length > this.#maximumBytes) {
      const stranger = this.#isFirst ? strangerSpeaking(this.#header, this.#tlsHint) : undefined;
      const excess = `a frame of ${length} bytes; at most ${this.#maximumBytes} are taken`;
      this.#malformed = stranger ?? excess;
      return rest;
    }
    this.#isFirst = false;
    // The usual case: the whole frame lies in this chunk and needs no copy.
    if (rest.length >= length) {
      frames.push(rest.subarray(0, length));
      return rest.subarray(length);
    }
    this.#payload = new Uint8Array(length);
    this.#payloadFilled = 0;
    return rest;
  }
}

/**
 * What a peer speaks that begins so, for people; undefined when it may be a server of ours. The
 * records of TLS begin with their kind (21 an alert, 22 a handshake) and 3, its major version.
 * Source: RFC 8446, section 5.1.
 */
function strangerSpeaking(header: Uint8Array, tlsHint: string | undefined): string | undefined {
  const [kind, major] = header;
  if ((kind === 21 || kind === 22) && major === 3) {
    return tlsHint === undefined ? "it speaks TLS" : `it speaks TLS; ${tlsHint}`;
  }
  if (header.some((byte) => byte < 0x20 || byte > 0x7e)) return undefined;
  const text = new TextDecoder().decode(header);
  return `it does not speak ZooKeeper's protocol (it answered ${JSON.stringify(text)})`;
}
