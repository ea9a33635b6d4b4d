import type { Instant, Scheduler } from "../../base/scheduler.ts";
import { Scope } from "../../base/scope.ts";
import type { ClientEvent, SessionEnd } from "../client-event.ts";
import type { ForeignSession } from "../client-options.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection.ts";
import type { ServerAddress } from "../connection-string.ts";
import type { Connected } from "./connector.ts";
import { Connector } from "./connector.ts";
import type { Credential } from "../credentials.ts";
import type { ErrorCode, RequestName, ZooKeeperError } from "../errors.ts";
import { refusedHere } from "../errors.ts";
import type { ExchangeOwner, Request, SentExchange } from "./exchange.ts";
import { Exchange } from "./exchange.ts";
import { Expiry } from "./expiry.ts";
import type { AcceptedHandshake } from "./handshake.ts";
import { type ClientLimits, leastPatienceMs } from "../limits.ts";
import { WireCode } from "../protocol/error-codes.ts";
import { Opcode } from "../protocol/opcodes.ts";
import type { NodeEvent } from "../protocol/replies.ts";
import type { ConnectRequest } from "../protocol/requests.ts";
import { emptyBody } from "../protocol/requests.ts";
import { rearmRequests } from "./rearm.ts";
import { RequestQueue } from "./request-queue.ts";
import type { Transport } from "../transport/transport.ts";
import type { WatchRegistry } from "../watch/watches.ts";

interface SessionOptions {
  readonly servers: readonly ServerAddress[];
  readonly timeoutMs: number;
  readonly scheduler: Scheduler;
  readonly transport: Transport;
  readonly credentials: readonly Credential[];
  readonly limits: ClientLimits;
  readonly watches: WatchRegistry;
  readonly observe: (event: ClientEvent) => void;
  readonly resume: ForeignSession | undefined;
}

/** What a caller who still waits is told when the session ends. */
const endCodes: Readonly<Record<SessionEnd["kind"], ErrorCode>> = {
  expired: "session-expired",
  "auth-failed": "auth-failed",
  closed: "closed",
};

/**
 * One session over as many connections as it takes: it finds servers, resumes, queues while there
 * is no connection, and ends exactly once. Everything it does on a connection comes in this order:
 * credentials, watches, requests; any other gives NoAuth to the first requests after a reconnect.
 */
export class ClientSession implements ConnectionOwner, ExchangeOwner {
  readonly scheduler: Scheduler;
  readonly #options: SessionOptions;
  readonly #connector: Connector;
  readonly #queue: RequestQueue;
  readonly #credentials: Credential[];
  readonly #over = new AbortController();
  readonly #waiters = new Set<() => void>();
  #sessionId: bigint;
  #password: Uint8Array;
  #lastZxid: bigint;
  readonly #expiry: Expiry;
  #smallestTimeoutMs: number | undefined;
  #suspendedAt: Instant | undefined;
  #generation = 0;
  #connection: Connection | undefined;
  #closing: Promise<void> | undefined;
  #end: SessionEnd | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.scheduler = options.scheduler;
    this.#queue = new RequestQueue(options.limits);
    this.#credentials = [...options.credentials];
    this.#sessionId = options.resume?.sessionId ?? 0n;
    this.#password = options.resume?.password ?? new Uint8Array(16);
    this.#lastZxid = options.resume?.lastZxid ?? 0n;
    const { servers, transport, scheduler, limits, observe } = options;
    this.#connector = new Connector({
      servers,
      transport,
      scheduler,
      maximumFrameBytes: limits.receivedFrameBytes,
      request: () => this.#connectRequest(),
      sessionTimeoutMs: () =>
        this.#expiry.timeoutMs ?? Math.max(options.timeoutMs, leastPatienceMs),
      attemptFailed: (server, detail) => observe({ kind: "attempt-failed", server, detail }),
      roundFailed: () => observe({ kind: "round-failed" }),
    });
    this.#expiry = new Expiry(scheduler, this.#over.signal, (detail) =>
      this.#finish({ kind: "expired", detail }),
    );
    if (options.resume !== undefined) this.#expiry.known(scheduler.now(), options.timeoutMs);
    void this.#run();
  }

  get state(): "connecting" | "connected" | "suspended" | "ended" {
    if (this.#end !== undefined) return "ended";
    if (this.#connection !== undefined) return "connected";
    return this.#generation === 0 ? "connecting" : "suspended";
  }

  get sessionId(): bigint {
    return this.#sessionId;
  }

  get password(): Uint8Array {
    return this.#password;
  }

  get lastZxid(): bigint {
    return this.#lastZxid;
  }

  get timeoutMs(): number {
    return this.#smallestTimeoutMs ?? this.#options.timeoutMs;
  }

  get server(): string | undefined {
    return this.#connection?.server;
  }

  get pendingRequests(): number {
    return this.#queue.size;
  }

  get ended(): AbortSignal {
    return this.#over.signal;
  }

  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** See `ZooKeeperClient.connected`. */
  async connected(signal: AbortSignal): Promise<boolean> {
    using scope = new Scope(signal, this.#over.signal);
    while (this.state !== "connected" && !scope.signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiters.delete(wake);
          scope.signal.removeEventListener("abort", wake);
          resolve();
        };
        this.#waiters.add(wake);
        scope.signal.addEventListener("abort", wake);
      });
    }
    return this.state === "connected";
  }

  /** Sends the request, or queues it until a connection stands. */
  submit<T>(request: Request<T>): Promise<T> {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return Promise.reject(refusal);
    return this.#start(request);
  }

  /** See `ZooKeeperClient.addCredential`. */
  addCredential(credential: Credential): void {
    this.#credentials.push(credential);
    this.#connection?.authenticate(credential);
  }

  /** See `ZooKeeperClient.close`. */
  async close(signal: AbortSignal): Promise<void> {
    if (this.#end !== undefined) return;
    const cut = (): void => this.abandon("closed without an answer: it runs out by itself");
    if (signal.aborted || this.#connection === undefined) return cut();
    signal.addEventListener("abort", cut);
    this.#closing ??= this.#sayGoodbye();
    try {
      await this.#closing;
    } finally {
      signal.removeEventListener("abort", cut);
    }
  }

  /** Ends the session here, without a word to the servers. */
  abandon(detail: string): void {
    this.#finish({ kind: "closed", detail });
  }

  answered(sentAt: Instant, zxid: bigint): void {
    this.#expiry.answered(sentAt);
    if (zxid > this.#lastZxid) this.#lastZxid = zxid;
  }

  notified(event: NodeEvent, generation: number): void {
    if (generation === this.#generation) this.#options.watches.dispatch(event, generation);
  }

  refused(wireCode: number, generation: number): void {
    if (generation !== this.#generation) return;
    switch (wireCode) {
      case WireCode.sessionExpired:
        return this.#finish({
          kind: "expired",
          detail: "a server answered SessionExpired",
          confirmed: true,
        });
      case WireCode.authFailed:
        return this.#finish({ kind: "auth-failed", detail: "a server refused a credential" });
      case WireCode.saslRequired:
        return this.#finish({ kind: "auth-failed", detail: "the servers demand SASL" });
      case WireCode.sessionMoved:
        return this.#connection?.close("the session moved to another connection");
      default:
        return undefined;
    }
  }

  released(exchange: SentExchange): void {
    this.#queue.release(exchange);
  }

  lost(generation: number, detail: string): void {
    if (generation !== this.#generation || this.#connection === undefined) return;
    const { server } = this.#connection;
    this.#connection = undefined;
    this.#suspendedAt = this.scheduler.now();
    this.#options.observe({ kind: "suspended", server, detail });
  }

  aborted(exchange: SentExchange): void {
    this.#queue.withdraw(exchange);
  }

  settled(request: RequestName, outcome: "ok" | ErrorCode, durationMs: number): void {
    const { operation } = request;
    this.#options.observe({ kind: "request", operation, outcome, durationMs });
  }

  async #run(): Promise<void> {
    while (this.#end === undefined) {
      const connected = await this.#connector.connect(this.#over.signal);
      if (connected === undefined) return;
      const connection = this.#resume(connected);
      if (connection === undefined) return;
      const since = this.scheduler.now();
      await connection.closed;
      this.#connector.lived(this.scheduler.now() - since);
    }
  }

  /** Takes the connection into use, at once and in one go; undefined when the session is over. */
  #resume(connected: Connected): Connection | undefined {
    if (connected.kind === "expired") {
      this.#finish({ kind: "expired", detail: connected.detail, confirmed: true });
      return undefined;
    }
    const { server, handshake } = connected;
    if (this.#end !== undefined) {
      handshake.stream.close();
      return undefined;
    }
    this.#adopt(handshake);
    this.#generation += 1;
    const { scheduler } = this;
    const generation = this.#generation;
    const connection = new Connection({ generation, server, handshake, scheduler, owner: this });
    this.#connection = connection;
    for (const credential of this.#credentials) connection.authenticate(credential);
    this.#rearm(connection);
    for (const exchange of this.#queue.takeAll()) connection.send(exchange);
    this.#announce(server);
    for (const wake of this.#waiters) wake();
    connection.start();
    return connection;
  }

  #adopt(handshake: AcceptedHandshake): void {
    const { timeoutMs } = handshake;
    const { sessionId, password, timeoutMs: grantedMs } = handshake.response;
    this.#sessionId = sessionId;
    this.#password = password;
    if (this.#smallestTimeoutMs === undefined || timeoutMs !== this.#expiry.timeoutMs) {
      const requestedMs = this.#options.timeoutMs;
      this.#options.observe({ kind: "timeout-granted", requestedMs, grantedMs });
    }
    this.#smallestTimeoutMs = Math.min(timeoutMs, this.#smallestTimeoutMs ?? timeoutMs);
    this.#expiry.known(handshake.sentAt, timeoutMs);
  }

  #announce(server: string): void {
    const { observe } = this.#options;
    const suspendedAt = this.#suspendedAt;
    if (suspendedAt === undefined) {
      observe({ kind: "connected", server, sessionId: this.#sessionId });
    } else {
      observe({ kind: "resumed", server, suspendedMs: this.scheduler.now() - suspendedAt });
    }
  }

  /** Arms the watches on the new connection. A watch that silently is none must not be. */
  #rearm(connection: Connection): void {
    const { watches } = this.#options;
    const requests = rearmRequests(this.#lastZxid, watches.paths());
    const armed = requests.map(({ opcode, body }) =>
      this.#start({
        operation: "setWatches",
        path: undefined,
        opcode,
        body,
        decode: () => undefined,
      }),
    );
    if (armed.length === 0) return;
    Promise.all(armed).then(
      () => watches.gap(),
      (error: Error) => connection.close(`the watches were not armed again: ${error.message}`),
    );
  }

  #refusal(request: Request<unknown>): ZooKeeperError | undefined {
    const { signal, body } = request;
    const refuse = (code: ErrorCode, detail: string): ZooKeeperError =>
      refusedHere(code, request, detail);
    if (this.#end !== undefined) return refuse(endCodes[this.#end.kind], this.#end.detail);
    if (this.#closing !== undefined) return refuse("closed", "the session is being closed");
    if (signal?.aborted) return refuse("aborted", "given up before it began");
    const bound = this.#queue.refusal(body.length);
    return bound === undefined ? undefined : refuse(bound.code, bound.detail);
  }

  #start<T>(request: Request<T>): Promise<T> {
    const exchange = new Exchange(request, this);
    this.#queue.admit(exchange);
    if (this.#connection === undefined) this.#queue.wait(exchange);
    else this.#connection.send(exchange);
    return exchange.promise;
  }

  async #sayGoodbye(): Promise<void> {
    let end: SessionEnd = { kind: "closed", detail: "closed", confirmed: true };
    try {
      const name = { operation: "closeSession", path: undefined };
      const opcode = Opcode.closeSession;
      await this.#start({ ...name, opcode, body: emptyBody, decode: () => undefined });
    } catch {
      const detail = "the connection broke before the servers confirmed the close";
      end = { kind: "closed", detail };
    }
    this.#finish(end);
  }

  #connectRequest(): ConnectRequest {
    return {
      lastZxidSeen: this.#lastZxid,
      // Always what was asked for at first, so that a server with other bounds can grant it.
      // Source: ClientCnxn.java:1013.
      timeoutMs: this.#options.timeoutMs,
      sessionId: this.#sessionId,
      password: this.#password,
    };
  }

  #finish(end: SessionEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const connection = this.#connection;
    this.#connection = undefined;
    const code = endCodes[end.kind];
    connection?.close(end.detail, code);
    for (const exchange of this.#queue.takeAll()) {
      this.#queue.release(exchange);
      exchange.fail(code, end.detail);
    }
    this.#options.watches.end();
    this.#options.observe({ kind: "ended", end });
    this.#over.abort();
  }
}
