import { connect, isIP } from "node:net";
import type { Socket } from "node:net";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { type SettingNames, type TlsCircumstances, tlsProblem } from "./tls-problem.ts";
import type { ByteStream, SocketAddress, Transport } from "./transport.ts";

/** Beyond this many unread bytes the socket is told to wait. */
const unreadBytesLimit = 1024 * 1024;

/** What TLS needs, all in PEM: `cert` and `key` only where servers ask for a client certificate. */
export interface TlsSettings extends Pick<TlsOptions, "cert" | "key"> {
  /** The authorities. Nobody else is trusted, whatever the environment says. */
  readonly ca: NonNullable<TlsOptions["ca"]>;
  /** What our certificate says of itself: told in the error when a server refuses it. */
  readonly ownCertificate?: string;
}

/** The settings as this file calls them. */
const ownNames: SettingNames = { servers: "servers", ca: "ca", cert: "cert", key: "key" };

/** A socket that is being connected, and what an error of it means. */
interface Opened {
  readonly socket: Socket;
  readonly ready: "connect" | "secureConnect";
  readonly explain: (error: Error, during: TlsCircumstances["during"]) => Error;
}

/**
 * TCP, or TLS from the first byte on. `node:net`, because its connects can be cancelled: those of
 * `Bun.connect` cannot, and have no limit. Seen on Bun 1.4.5.
 */
export class TcpTransport implements Transport {
  readonly #tls: (() => TlsSettings) | undefined;
  readonly #names: SettingNames;

  /**
   * @param tls asked anew for every connection: certificates are replaced. Where it throws, the
   *   connection fails with that error. Plain TCP is spoken without it.
   * @param names what people call the settings
   */
  constructor(tls?: () => TlsSettings, names: SettingNames = ownNames) {
    this.#tls = tls;
    this.#names = names;
  }

  get tlsHint(): string {
    return `give ${this.#names.ca}`;
  }

  /** Asks the system anew each time. A lookup cannot be cancelled; the caller stops waiting. */
  async resolve(host: string): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    const { lookup } = await import("node:dns/promises");
    const addresses = await lookup(host, { all: true });
    return addresses.map((found) => found.address);
  }

  async connect(address: SocketAddress, signal: AbortSignal): Promise<ByteStream> {
    if (this.#tls === undefined) return await established(() => plain(address), signal);
    // Loaded only where it is spoken: the module is a large one.
    const tls = await import("node:tls");
    const settings = this.#tls;
    return await established(() => secured(tls, address, settings(), this.#names), signal);
  }
}

async function established(open: () => Opened, signal: AbortSignal): Promise<ByteStream> {
  const { promise, resolve, reject } = Promise.withResolvers<ByteStream>();
  if (signal.aborted) throw new Error("given up before it began");
  const { socket, ready, explain } = open();
  const fail = (error: Error): void => reject(explain(error, "handshake"));
  const cancel = (): void => {
    socket.destroy();
    reject(new Error("given up"));
  };
  const settle = (): void => signal.removeEventListener("abort", cancel);
  signal.addEventListener("abort", cancel);
  socket.once(ready, () => {
    settle();
    socket.off("error", fail);
    socket.setNoDelay(true);
    resolve(new SocketStream(socket, explain));
  });
  socket.on("error", fail);
  socket.once("close", () => {
    settle();
    reject(new Error("closed while connecting"));
  });
  return promise;
}

function plain({ host, port }: SocketAddress): Opened {
  return { socket: connect({ host, port }), ready: "connect", explain: (error) => error };
}

function secured(
  tls: typeof import("node:tls"),
  { host, port, serverName }: SocketAddress,
  { ownCertificate, ...material }: TlsSettings,
  names: SettingNames,
): Opened {
  const socket = tls.connect({
    ...material,
    host,
    port,
    // Said, because NODE_TLS_REJECT_UNAUTHORIZED=0 would undo what is only the default.
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    // An IP address is no server name in TLS; the certificate is compared with it all the same.
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(serverName, certificate),
  });
  const explain: Opened["explain"] = (error, during) =>
    tlsProblem(error, { ownCertificate, during, names });
  return { socket, ready: "secureConnect", explain };
}

class SocketStream implements ByteStream {
  readonly #socket: Socket;
  readonly #chunks: Uint8Array[] = [];
  #unreadBytes = 0;
  #reader: ((chunk: Uint8Array | undefined) => void) | undefined;
  #closedBecause = "";

  constructor(socket: Socket, explain: Opened["explain"]) {
    this.#socket = socket;
    socket.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    socket.on("end", () => this.#end("the server closed the connection"));
    socket.on("error", (error) => this.#end(explain(error, "use").message));
    socket.on("close", () => this.#end("the connection was closed"));
  }

  get closedBecause(): string {
    return this.#closedBecause;
  }

  write(bytes: Uint8Array): void {
    if (this.#closedBecause === "") this.#socket.write(bytes);
  }

  read(): Promise<Uint8Array | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#unreadBytes -= chunk.length;
      if (this.#unreadBytes < unreadBytesLimit) this.#socket.resume();
      return Promise.resolve(chunk);
    }
    if (this.#closedBecause !== "") return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  close(): void {
    this.#end("closed here");
    this.#chunks.length = 0;
  }

  #receive(chunk: Uint8Array): void {
    if (this.#closedBecause !== "") return;
    if (this.#reader !== undefined) return this.#hand(chunk);
    this.#chunks.push(chunk);
    this.#unreadBytes += chunk.length;
    if (this.#unreadBytes >= unreadBytesLimit) this.#socket.pause();
  }

  #end(reason: string): void {
    if (this.#closedBecause !== "") return;
    this.#closedBecause = reason;
    this.#socket.destroy();
    this.#hand(undefined);
  }

  #hand(chunk: Uint8Array | undefined): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(chunk);
  }
}
