/** An open connection to a server, as bytes. */
export interface ByteStream {
  /** Queues bytes for sending. Does nothing once the stream ended. */
  write(bytes: Uint8Array): void;
  /**
   * The next bytes; undefined once the stream ended. Never rejects. One call at a time: the next
   * is made when the last one resolved.
   */
  read(): Promise<Uint8Array | undefined>;
  /** Ends the stream at once, in both directions. Idempotent. */
  close(): void;
  /** For people: why the stream ended; empty while it has not. */
  readonly closedBecause: string;
}

/** One address of one server, ready to be connected to. */
export interface SocketAddress {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  /** The name the address was resolved from: what a certificate must say. */
  readonly serverName: string;
}

/** Opens byte streams to servers: over TCP, or over what a test puts in its place. */
export interface Transport {
  /** What makes this transport speak TLS: told to people when a server speaks it and we do not. */
  readonly tlsHint?: string;
  /** All IP addresses of a name, or the address itself. Rejects when there are none. */
  resolve(host: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Rejects with an Error that says why, also when `signal` aborts first. */
  connect(address: SocketAddress, signal: AbortSignal): Promise<ByteStream>;
}
