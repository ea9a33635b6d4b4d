import { FrameReader } from "../../src/zookeeper/protocol/frames.ts";
import { WireReader } from "../../src/zookeeper/protocol/wire-reader.ts";
import { WireWriter } from "../../src/zookeeper/protocol/wire-writer.ts";
import type {
  ByteStream,
  SocketAddress,
  Transport,
} from "../../src/zookeeper/transport/transport.ts";

/** What an address does with a connection: a black hole neither accepts nor refuses. */
export type Reachability = "accepts" | "refuses" | "black-hole";

/** A network of the test's own: every accepted connection becomes a peer to play the server. */
export class FakeTransport implements Transport {
  /** Every attempt, as "address:port". */
  readonly attempts: string[] = [];
  readonly names = new Map<string, readonly string[]>();
  readonly reachability = new Map<string, Reachability>();
  readonly #accepted: FakePeer[] = [];
  #waiting: ((peer: FakePeer) => void) | undefined;

  resolve(host: string): Promise<readonly string[]> {
    const addresses = this.names.get(host);
    if (addresses !== undefined) return Promise.resolve(addresses);
    return /^[\d.:]+$/u.test(host)
      ? Promise.resolve([host])
      : Promise.reject(new Error(`${host} is unknown`));
  }

  connect(address: SocketAddress, signal: AbortSignal): Promise<ByteStream> {
    const name = `${address.host}:${address.port}`;
    this.attempts.push(name);
    const reachability = this.reachability.get(address.host) ?? "accepts";
    if (reachability === "refuses") return Promise.reject(new Error("connection refused"));
    if (reachability === "black-hole") {
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("given up")), { once: true });
      });
    }
    const peer = new FakePeer(name);
    if (this.#waiting === undefined) this.#accepted.push(peer);
    else this.#waiting(peer);
    this.#waiting = undefined;
    return Promise.resolve(peer.stream);
  }

  /** The next accepted connection, in order. */
  accepted(): Promise<FakePeer> {
    const peer = this.#accepted.shift();
    if (peer !== undefined) return Promise.resolve(peer);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

export interface FakeConnectRequest {
  readonly lastZxidSeen: bigint;
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Uint8Array;
}

export interface FakeRequest {
  readonly xid: number;
  readonly opcode: number;
  readonly body: WireReader;
}

export interface FakeGrant {
  readonly timeoutMs?: number;
  readonly sessionId?: bigint;
  readonly password?: Uint8Array;
}

export interface FakeReply {
  readonly zxid?: bigint;
  readonly error?: number;
  readonly body?: (writer: WireWriter) => void;
}

/** The server's end of one connection, played by the test. */
export class FakePeer {
  readonly address: string;
  readonly stream: ByteStream;
  /** Everything the client wrote, write by write. */
  readonly writes: Uint8Array[] = [];
  readonly #frames = new FrameReader(1 << 24);
  readonly #received: Uint8Array[] = [];
  #receiver: (() => void) | undefined;
  readonly #chunks: (Uint8Array | undefined)[] = [];
  #reader: ((chunk: Uint8Array | undefined) => void) | undefined;
  #closedBecause = "";
  #closedByClient = false;

  constructor(address: string) {
    this.address = address;
    const closedBecause = (): string => this.#closedBecause;
    this.stream = {
      write: (bytes) => this.#take(bytes),
      read: () => this.#read(),
      close: () => {
        this.#closedByClient = true;
        this.#finish("closed here");
      },
      get closedBecause(): string {
        return closedBecause();
      },
    };
  }

  get closedByClient(): boolean {
    return this.#closedByClient;
  }

  /** How many requests the client has sent that the test has not looked at. */
  get unread(): number {
    return this.#received.length;
  }

  /** Sends raw bytes, in chunks of `chunkBytes` at most. */
  send(bytes: Uint8Array, chunkBytes = bytes.length): void {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      this.#deliver(bytes.slice(at, at + chunkBytes));
    }
  }

  /** Ends the connection from the server's side. */
  end(reason = "the server closed the connection"): void {
    this.#finish(reason);
  }

  async connectRequest(): Promise<FakeConnectRequest> {
    const reader = new WireReader(await this.#frame());
    reader.int();
    return {
      lastZxidSeen: reader.long(),
      timeoutMs: reader.int(),
      sessionId: reader.long(),
      password: reader.buffer(),
    };
  }

  /** Reads the handshake and grants it, as asked where `grant` says nothing else. */
  async handshake(grant: FakeGrant = {}): Promise<FakeConnectRequest> {
    const request = await this.connectRequest();
    const asked = request.sessionId === 0n ? 0x1234n : request.sessionId;
    this.send(
      frame((writer) =>
        writer
          .int(0)
          .int(grant.timeoutMs ?? request.timeoutMs)
          .long(grant.sessionId ?? asked)
          .buffer(grant.password ?? new Uint8Array(16).fill(7))
          .boolean(false),
      ),
    );
    return request;
  }

  async request(): Promise<FakeRequest> {
    const body = new WireReader(await this.#frame());
    return { xid: body.int(), opcode: body.int(), body };
  }

  reply(xid: number, reply: FakeReply = {}): void {
    this.send(replyFrame(xid, reply));
  }

  notify(type: number, path: string): void {
    this.reply(-1, { zxid: -1n, body: (writer) => writer.int(type).int(3).string(path) });
  }

  #take(bytes: Uint8Array): void {
    if (this.#closedBecause !== "") return;
    this.writes.push(bytes.slice());
    this.#received.push(...this.#frames.push(bytes.slice()));
    this.#receiver?.();
  }

  async #frame(): Promise<Uint8Array> {
    for (;;) {
      const next = this.#received.shift();
      if (next !== undefined) return next;
      await new Promise<void>((resolve) => {
        this.#receiver = resolve;
      });
    }
  }

  #read(): Promise<Uint8Array | undefined> {
    if (this.#chunks.length > 0) return Promise.resolve(this.#chunks.shift());
    if (this.#closedBecause !== "") return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  #deliver(chunk: Uint8Array | undefined): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) this.#chunks.push(chunk);
    else reader(chunk);
  }

  #finish(reason: string): void {
    if (this.#closedBecause !== "") return;
    this.#closedBecause = reason;
    this.#deliver(undefined);
  }
}

/** One frame with its length. */
export function frame(write: (writer: WireWriter) => void): Uint8Array {
  const payload = new WireWriter();
  write(payload);
  return new WireWriter().buffer(payload.finish()).finish();
}

export function replyFrame(xid: number, { zxid = 1n, error = 0, body }: FakeReply): Uint8Array {
  return frame((writer) => {
    writer.int(xid).long(zxid).int(error);
    body?.(writer);
  });
}

/** A Stat of zeros but for what is given. */
export function writeStat(
  writer: WireWriter,
  { czxid = 1n, version = 0, ephemeralOwner = 0n } = {},
): void {
  writer.long(czxid).long(czxid).long(0n).long(0n).int(version).int(0).int(0);
  writer.long(ephemeralOwner).int(0).int(0).long(czxid);
}
