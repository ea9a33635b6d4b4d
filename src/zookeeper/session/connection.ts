import type { Instant, Scheduler } from "../../base/scheduler.ts";
import { later } from "../../base/scheduler.ts";
import type { Credential } from "../credentials.ts";
import { ioTurnMs } from "./deadline.ts";
import type { ErrorCode } from "../errors.ts";
import type { SentExchange } from "./exchange.ts";
import type { AcceptedHandshake } from "./handshake.ts";
import { WireCode } from "../protocol/error-codes.ts";
import { maximumXid, Opcode, SpecialXid } from "../protocol/opcodes.ts";
import type { NodeEvent, Reply } from "../protocol/replies.ts";
import { readNodeEvent, readReply } from "../protocol/replies.ts";
import { authBody, emptyBody, writeRequestFrame } from "../protocol/requests.ts";
import { WireWriter } from "../protocol/wire-writer.ts";

/** Even with a very long session, a silent connection is tested this often. */
const longestPingIntervalMs = 10_000;

/** What a connection tells its session. Each call ends quickly and never throws. */
export interface ConnectionOwner {
  /** A server answered something that was sent at `sentAt`; `zxid` is 0 where none was told. */
  answered(sentAt: Instant, zxid: bigint): void;
  notified(event: NodeEvent, generation: number): void;
  /** An error that may concern more than one request. */
  refused(wireCode: number, generation: number): void;
  /** The exchange left the connection, answered or not. */
  released(exchange: SentExchange): void;
  lost(generation: number, detail: string): void;
}

interface ConnectionOptions {
  /** The number of this connection within its session: what tells late events apart. */
  readonly generation: number;
  readonly server: string;
  readonly handshake: AcceptedHandshake;
  readonly scheduler: Scheduler;
  readonly owner: ConnectionOwner;
}

/**
 * The life of one socket, from the granted handshake on: frames out, frames in, the queue of
 * requests that wait for their answers, pings, and the judgement that the server fell silent.
 */
export class Connection {
  readonly generation: number;
  readonly server: string;
  /** Resolves once the connection is over. */
  readonly closed: Promise<void>;
  readonly #options: ConnectionOptions;
  readonly #timeoutMs: number;
  readonly #over = new AbortController();
  readonly #close: () => void;
  /** Sent and unanswered, in the order in which servers answer. */
  readonly #pending: { readonly xid: number; readonly exchange: SentExchange }[] = [];
  readonly #pings: Instant[] = [];
  readonly #credentials: Instant[] = [];
  #outgoing: WireWriter | undefined;
  #lastXid = 0;
  #lastSent: Instant;
  #lastHeard: Instant;

  constructor(options: ConnectionOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#close = resolve;
    this.#options = options;
    this.generation = options.generation;
    this.server = options.server;
    this.#timeoutMs = options.handshake.timeoutMs;
    this.#lastSent = options.handshake.sentAt;
    this.#lastHeard = options.scheduler.now();
  }

  /** Begins to listen. Not before the owner has taken the connection into use. */
  start(): void {
    void this.#read();
    void this.#keepAlive();
  }

  /** Sends a request. What is sent in one turn goes out in one write. */
  send(exchange: SentExchange): void {
    exchange.sentAt = this.#options.scheduler.now();
    const xid =
      exchange.opcode === Opcode.setWatches || exchange.opcode === Opcode.setWatches2
        ? SpecialXid.setWatches
        : this.#nextXid();
    this.#pending.push({ xid, exchange });
    this.#write(xid, exchange.opcode, exchange.body);
  }

  /** Proves an identity. A refusal is told to the owner as such. */
  authenticate(credential: Credential): void {
    this.#credentials.push(this.#options.scheduler.now());
    this.#write(SpecialXid.auth, Opcode.auth, authBody(credential.scheme, credential.auth));
  }

  /**
   * Ends the connection at once, and fails with `code` what is unanswered. Idempotent. The owner
   * is told first, so that a caller who hears of the failure already finds the session suspended.
   */
  close(detail: string, code: ErrorCode = "connection-loss"): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#options.handshake.stream.close();
    this.#options.owner.lost(this.generation, detail);
    for (const { exchange } of this.#pending.splice(0)) {
      this.#options.owner.released(exchange);
      exchange.fail(code, detail);
    }
    this.#close();
  }

  async #read(): Promise<void> {
    const { stream, frames, surplus } = this.#options.handshake;
    this.#receive(surplus);
    while (!this.#over.signal.aborted) {
      const chunk = await stream.read();
      if (chunk === undefined) return this.close(stream.closedBecause);
      this.#lastHeard = this.#options.scheduler.now();
      this.#receive(frames.push(chunk));
      if (frames.malformed !== undefined) return this.close(frames.malformed);
    }
  }

  #receive(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      // An earlier frame, or what came of it, may have ended the connection.
      if (this.#over.signal.aborted) return;
      const reply = readReply(frame);
      const problem = reply === undefined ? "a frame without a header" : this.#take(reply);
      if (problem !== undefined) this.close(`the server broke the protocol: ${problem}`);
    }
  }

  /** Undefined when all is well, else what the server did wrong. */
  #take(reply: Reply): string | undefined {
    switch (reply.xid) {
      case SpecialXid.notification:
        return this.#takeNotification(reply);
      case SpecialXid.ping:
        this.#answered(this.#pings.shift(), 0n);
        return undefined;
      case SpecialXid.auth:
        // Believed unasked, it would end the session for good.
        if (this.#credentials.length === 0) return "an answer to no credential";
        this.#answered(this.#credentials.shift(), 0n);
        if (reply.error !== 0) this.#options.owner.refused(WireCode.authFailed, this.generation);
        return undefined;
      default:
        return this.#takeAnswer(reply);
    }
  }

  #takeNotification(reply: Reply): string | undefined {
    const event = readNodeEvent(reply.body);
    if (reply.body.malformed) return "a notification that makes no sense";
    if (event !== undefined) this.#options.owner.notified(event, this.generation);
    return undefined;
  }

  #takeAnswer(reply: Reply): string | undefined {
    const head = this.#pending[0];
    if (head === undefined) return `an answer (${reply.xid}) to nothing`;
    if (head.xid !== reply.xid) return `an answer to ${reply.xid} where ${head.xid} was due`;
    this.#pending.shift();
    this.#options.owner.released(head.exchange);
    this.#answered(head.exchange.sentAt, reply.zxid);
    const understood = head.exchange.accept(reply, this.generation);
    if (reply.error !== 0) this.#options.owner.refused(reply.error, this.generation);
    return understood ? undefined : `an answer (${reply.xid}) that makes no sense`;
  }

  #answered(sentAt: Instant | undefined, zxid: bigint): void {
    if (sentAt !== undefined) this.#options.owner.answered(sentAt, zxid);
  }

  /**
   * Pings after a third of the session without a request, and ends the connection after two thirds
   * without a byte from the server, so that a half-open one is noticed while the session can still
   * be saved elsewhere. No deadline comes nearer than a sleep lasts, so one sleep at a time is
   * enough.
   * Source: ClientCnxn.java:1168, 1223, 1252-1257.
   */
  async #keepAlive(): Promise<void> {
    const { scheduler } = this.#options;
    const pingMs = Math.min(this.#timeoutMs / 3, longestPingIntervalMs);
    const silenceMs = (this.#timeoutMs * 2) / 3;
    while (!this.#over.signal.aborted) {
      const now = scheduler.now();
      const pingAt = later(this.#lastSent, pingMs);
      const silentAt = this.#silentAt(silenceMs);
      if (now >= silentAt) {
        await scheduler.sleep(ioTurnMs, this.#over.signal);
        if (this.#silentAt(silenceMs) > scheduler.now()) continue;
        this.close(this.#silence());
      } else if (now >= pingAt) {
        this.#pings.push(now);
        this.#write(SpecialXid.ping, Opcode.ping, emptyBody);
      } else {
        const waitMs = Math.min(pingAt, silentAt) - now;
        await scheduler.sleep(Math.ceil(waitMs), this.#over.signal);
      }
    }
  }

  /**
   * When the server counts as silent: so long after its last byte, or a whole session after the
   * oldest request that it owes an answer, whatever else it says meanwhile.
   */
  #silentAt(silenceMs: number): Instant {
    const heard = later(this.#lastHeard, silenceMs);
    const oldest = this.#oldestUnanswered();
    if (oldest === undefined) return heard;
    const owed = later(oldest, this.#timeoutMs);
    return owed < heard ? owed : heard;
  }

  #oldestUnanswered(): Instant | undefined {
    const firsts = [this.#pending[0]?.exchange.sentAt, this.#pings[0], this.#credentials[0]];
    return firsts.filter((sentAt) => sentAt !== undefined).toSorted((one, other) => one - other)[0];
  }

  #silence(): string {
    const now = this.#options.scheduler.now();
    const heardMs = Math.round(now - this.#lastHeard);
    const owedMs = Math.round(now - (this.#oldestUnanswered() ?? now));
    return owedMs > this.#timeoutMs
      ? `a request is unanswered for ${owedMs} ms`
      : `nothing heard for ${heardMs} ms`;
  }

  #write(xid: number, opcode: number, body: Uint8Array): void {
    this.#lastSent = this.#options.scheduler.now();
    if (this.#outgoing === undefined) {
      this.#outgoing = new WireWriter(Math.max(256, body.length + 12));
      queueMicrotask(() => this.#flush());
    }
    writeRequestFrame(this.#outgoing, xid, opcode, body);
  }

  #flush(): void {
    const bytes = this.#outgoing?.finish();
    this.#outgoing = undefined;
    if (bytes !== undefined && !this.#over.signal.aborted) {
      this.#options.handshake.stream.write(bytes);
    }
  }

  #nextXid(): number {
    this.#lastXid = this.#lastXid === maximumXid ? 1 : this.#lastXid + 1;
    return this.#lastXid;
  }
}
