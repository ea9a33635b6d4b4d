import { connect, createServer, type Server, type Socket } from "node:net";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

const host = "127.0.0.1";

/** What becomes of the bytes that a connection sends to the target. */
export type Edit = (bytes: Buffer) => Uint8Array;

/**
 * Stands between one replica and one server, and hands every byte on, until it is told to play a
 * broken network.
 */
export class Relay implements AsyncDisposable {
  readonly #server: Server;
  readonly #edit: () => Edit;
  readonly #pairs = new Set<Pair>();
  /** What has happened while the network was silent, to be made up for in order. */
  #withheld: (() => void)[] | undefined;

  private constructor(server: Server, edit: () => Edit) {
    this.#server = server;
    this.#edit = edit;
  }

  /**
   * Listens on a free port of the loopback interface.
   * @param edit makes for each connection what edits its bytes on their way to the target
   */
  static async open(
    target: { readonly host: string; readonly port: number },
    edit: () => Edit = () => unchanged,
  ): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server, edit);
    server.on("connection", (near) => relay.#join(near, target));
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return relay;
  }

  get address(): string {
    return `${host}:${this.port}`;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("the relay is closed");
    return address.port;
  }

  /** Whether the replica is connected to this server. */
  get isUsed(): boolean {
    return this.#pairs.size > 0;
  }

  /** Nothing arrives any more on either side, and neither is told so. */
  silence(): void {
    this.#withheld ??= [];
  }

  /** Whatever was held back arrives, late and in order; then all is as it was. */
  restore(): void {
    const withheld = this.#withheld ?? [];
    this.#withheld = undefined;
    for (const event of withheld) event();
  }

  /** Resets every connection on both sides. */
  reset(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #join(near: Socket, target: { readonly host: string; readonly port: number }): void {
    const far = connect(target);
    const pair = { near, far };
    this.#pairs.add(pair);
    this.#carry(pair, near, far, this.#edit());
    this.#carry(pair, far, near, unchanged);
  }

  #carry(pair: Pair, from: Socket, to: Socket, edit: Edit): void {
    from.setNoDelay(true);
    from.on("data", (bytes: Buffer) => this.#then(() => to.write(edit(bytes))));
    // An error is followed by a close, which says the same.
    from.on("error", () => undefined);
    from.on("close", (failed) => {
      this.#pairs.delete(pair);
      this.#then(() => (failed ? to.resetAndDestroy() : to.destroy()));
    });
  }

  #then(event: () => void): void {
    if (this.#withheld === undefined) event();
    else this.#withheld.push(event);
  }
}

function unchanged(bytes: Buffer): Buffer {
  return bytes;
}
