import type {
  ByteStream,
  SocketAddress,
  Transport,
} from "../../src/zookeeper/transport/transport.ts";

/** A transport that can lose what servers say: requests arrive, and their replies do not. */
export class LossyTransport implements Transport {
  readonly #inner: Transport;
  readonly #streams = new Set<ByteStream>();
  /** From the first request with this opcode on, nothing that a server says is heard. */
  deafFrom: number | undefined;
  #deaf = false;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  resolve(host: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#inner.resolve(host, signal);
  }

  async connect(address: SocketAddress, signal: AbortSignal): Promise<ByteStream> {
    const stream = await this.#inner.connect(address, signal);
    this.#streams.add(stream);
    const read = async (): Promise<Uint8Array | undefined> => {
      for (;;) {
        const chunk = await stream.read();
        if (chunk === undefined || !this.#deaf) return chunk;
      }
    };
    return {
      read,
      write: (bytes) => {
        if (opcodesOf(bytes).some((opcode) => opcode === this.deafFrom)) this.#deaf = true;
        stream.write(bytes);
      },
      close: () => stream.close(),
      get closedBecause() {
        return stream.closedBecause;
      },
    };
  }

  /** Breaks every connection; new ones are heard again. */
  cut(): void {
    this.#deaf = false;
    this.deafFrom = undefined;
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
  }
}

/** The opcodes of the requests in one write: a write holds whole frames. */
function opcodesOf(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const opcodes: number[] = [];
  for (let at = 0; at + 12 <= bytes.length; at += 4 + view.getInt32(at)) {
    opcodes.push(view.getInt32(at + 8));
  }
  return opcodes;
}
