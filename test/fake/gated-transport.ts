import type {
  ByteStream,
  SocketAddress,
  Transport,
} from "../../src/zookeeper/transport/transport.ts";

/** A transport that is away, or hears nothing, for as long as the test says. */
export class GatedTransport implements Transport {
  readonly #inner: Transport;
  readonly #streams = new Set<ByteStream>();
  #isShut = false;
  #isDeaf = false;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  resolve(host: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#inner.resolve(host, signal);
  }

  async connect(address: SocketAddress, signal: AbortSignal): Promise<ByteStream> {
    if (this.#isShut) throw new Error("the network is away");
    const stream = await this.#inner.connect(address, signal);
    if (this.#isShut) {
      stream.close();
      throw new Error("the network is away");
    }
    this.#streams.add(stream);
    return {
      read: () => this.#read(stream),
      write: (bytes) => stream.write(bytes),
      close: () => {
        this.#streams.delete(stream);
        stream.close();
      },
      get closedBecause() {
        return stream.closedBecause;
      },
    };
  }

  /** Breaks every connection; none is made any more. */
  shut(): void {
    this.#isShut = true;
    this.#breakAll();
  }

  /** Requests arrive as before, and nothing that servers say is heard. */
  deafen(): void {
    this.#isDeaf = true;
  }

  /** Undoes both. A connection that fell deaf is out of beat, and breaks. */
  open(): void {
    if (this.#isDeaf) this.#breakAll();
    this.#isDeaf = false;
    this.#isShut = false;
  }

  async #read(stream: ByteStream): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = await stream.read();
      if (chunk === undefined || !this.#isDeaf) return chunk;
    }
  }

  #breakAll(): void {
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
  }
}
