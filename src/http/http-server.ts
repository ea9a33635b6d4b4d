import { dirname } from "node:path";
import type { Scheduler } from "../base/scheduler.ts";
import { EventStreams } from "./event-streams.ts";
import type { Gate } from "./gate.ts";
import { formatHttpAddress, type HttpAddress } from "./http-address.ts";
import { HttpServerError } from "./http-server-error.ts";
import type { Providers } from "./providers.ts";
import { isLoopback, namesASite } from "./host-check.ts";
import { failure, misdirected, respond } from "./respond.ts";
import { removeStaleSocket } from "./stale-socket.ts";

interface HttpServerOptions {
  readonly address: HttpAddress;
  readonly providers: Providers;
  readonly scheduler: Scheduler;
  /** The file with the token that changes over TCP take; without it there are none over TCP. */
  readonly tokenPath?: string | undefined;
  /** Hears of the faults behind answers with 500. */
  readonly failed: (error: unknown) => void;
}

/** No endpoint takes a body: a request with a larger one is answered with 413. */
const largestBodyBytes = 1024;
/**
 * After this time a silent connection is closed, and one whose request has not come in whole. Seen
 * on Bun 1.4.5: a client that sends a byte each second does not win time. Socket files have this
 * limit by default, and take no other.
 */
const idleSeconds = 10;
/** How long closing waits for the requests under way. */
const closeLimitMs = 500;

/**
 * The HTTP endpoints. Reading takes no authentication, and so they are on loopback unless told
 * else; changing something takes a socket file or a token: see Gate.
 */
export class HttpServer implements AsyncDisposable {
  /** Where it answers: `host:port` (IPv6 in brackets), or `unix:/path`. */
  readonly address: string;
  readonly #server: Bun.Server<undefined>;
  readonly #streams: EventStreams;
  readonly #scheduler: Scheduler;
  #closing: Promise<void> | undefined;

  private constructor(
    server: Bun.Server<undefined>,
    streams: EventStreams,
    options: HttpServerOptions,
  ) {
    const { address } = options;
    this.#server = server;
    this.#streams = streams;
    this.#scheduler = options.scheduler;
    this.address = formatHttpAddress(
      address.kind === "unix" ? address : { ...address, port: server.port ?? address.port },
    );
  }

  /** Opens the endpoints. Rejects with HttpServerError, whose message names option and cure. */
  static async open(options: HttpServerOptions): Promise<HttpServer> {
    const { address, providers, scheduler, failed } = options;
    if (address.kind === "unix") await removeStaleSocket(address.path);
    const { status: picture, listen, look } = providers;
    const streams = new EventStreams({ picture, listen, look, scheduler, failed });
    try {
      return new HttpServer(serve(options, streams), streams, options);
    } catch (error) {
      throw translate(error, address);
    }
  }

  /**
   * Stops listening, ends the streams of events, and waits for the requests under way: 500 ms at
   * most, then they are cut off.
   * The socket file is gone afterwards. Idempotent.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const closed = new AbortController();
    const stopped = this.#server.stop();
    this.#streams[Symbol.dispose]();
    await Promise.race([stopped, this.#scheduler.sleep(closeLimitMs, closed.signal)]);
    closed.abort();
    await this.#server.stop(true);
  }
}

function serve(
  { address, providers, tokenPath, failed }: HttpServerOptions,
  streams: EventStreams,
): Bun.Server<undefined> {
  const isGuarded = address.kind === "tcp" && isLoopback(address.host);
  const gate: Gate =
    address.kind === "unix" ? { kind: "socket" } : { kind: "token", path: tokenPath };
  const common = {
    // Without this an error's page tells all about it; and with it alone the port may be shared.
    development: false,
    maxRequestBodySize: largestBodyBytes,
    fetch: (request: Request, server: Bun.Server<undefined>) =>
      isGuarded && namesASite(request.headers.get("host"))
        ? misdirected()
        : respond(request, providers, {
            gate,
            openEvents: () => {
              const stream = streams.open();
              // A stream is silent while nothing happens; a client that gets none must not stay.
              if (stream !== undefined) server.timeout(request, 0);
              return stream;
            },
          }),
    error: (error: unknown) => {
      failed(error);
      return failure();
    },
  } as const;
  if (address.kind === "unix") return Bun.serve({ ...common, unix: address.path });
  const { host, port } = address;
  return Bun.serve({ ...common, hostname: host, port, reusePort: false, idleTimeout: idleSeconds });
}

function translate(error: unknown, address: HttpAddress): HttpServerError {
  const option = `--http-address "${formatHttpAddress(address)}"`;
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "EADDRINUSE") {
    const message = `${option}: another process listens there; name another address or stop it`;
    return new HttpServerError("address-in-use", message, error);
  }
  const why =
    address.kind === "tcp"
      ? `it cannot be opened (${code}); name an address of this machine`
      : socketProblem(dirname(address.path), code);
  return new HttpServerError("unavailable", `${option}: ${why}`, error);
}

/** Why no socket file can be made in a directory. */
function socketProblem(directory: string, code: string): string {
  switch (code) {
    case "ENOENT":
      return `the directory ${directory} does not exist; make it or name another path`;
    case "ENOTDIR":
      return `${directory} is not a directory; name another path`;
    case "EACCES":
      return `this user may not write to ${directory}; name another path`;
    default:
      return `it cannot be opened (${code}); name another path`;
  }
}
