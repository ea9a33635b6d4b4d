import { expect } from "bun:test";
import { type CreateMode, createFlags } from "../../../src/zookeeper/protocol/create-mode.ts";
import { FrameReader } from "../../../src/zookeeper/protocol/frames.ts";
import { Opcode, SpecialXid } from "../../../src/zookeeper/protocol/opcodes.ts";
import { openAcl, readStat, type Stat } from "../../../src/zookeeper/protocol/records.ts";
import {
  type ConnectResponse,
  type NodeEventKind,
  readConnectResponse,
  readNodeEvent,
  readReply,
  type Reply,
} from "../../../src/zookeeper/protocol/replies.ts";
import {
  type ConnectRequest,
  connectRequestFrame,
  createBody,
  emptyBody,
  pathBody,
  setDataBody,
  versionedBody,
  watchableBody,
  writeRequestFrame,
} from "../../../src/zookeeper/protocol/requests.ts";
import { WireWriter } from "../../../src/zookeeper/protocol/wire-writer.ts";
import type { ByteStream } from "../../../src/zookeeper/transport/transport.ts";
import type { ContractStage, Member } from "./stage.ts";

export type Message =
  | { readonly kind: "event"; readonly event: readonly [NodeEventKind, string] }
  | ({ readonly kind: "reply" } & Reply);

/** What proves a session. */
export interface SessionProof {
  readonly sessionId: bigint;
  readonly password: Uint8Array;
}

const maximumFrameBytes = 0xfffff;
const never = new AbortController().signal;
const retryMs = 20;

/**
 * A connection that says exactly what a clause wants said, when it wants it, and hides nothing of
 * what comes back nor of its order. It sends no ping of its own.
 */
export class WireClient implements SessionProof, Disposable {
  readonly #stream: ByteStream;
  readonly #frames = new FrameReader(maximumFrameBytes);
  readonly #arrived: Uint8Array[] = [];
  #xid = 0;
  /** The highest zxid that a reply named. */
  zxid = 0n;
  sessionId = 0n;
  password = new Uint8Array(16);

  private constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  static async open(stage: ContractStage, { address }: Member): Promise<WireClient> {
    const target = { ...address, serverName: address.host };
    return new WireClient(await stage.transport.connect(target, never));
  }

  /** A connection with a new session. */
  static async begin(
    stage: ContractStage,
    member: Member,
    timeoutMs = 8 * stage.tickMs,
  ): Promise<WireClient> {
    const client = await WireClient.open(stage, member);
    const granted = await client.greet({ timeoutMs });
    if (granted === undefined) throw new Error("the server granted no session");
    return client;
  }

  /** A connection that resumes a session. A server that lags behind what it has seen is retried. */
  static async resume(
    stage: ContractStage,
    member: Member,
    proof: SessionProof & { readonly zxid?: bigint },
    timeoutMs = 8 * stage.tickMs,
  ): Promise<WireClient> {
    const { zxid = 0n, ...session } = proof;
    for (;;) {
      const client = await WireClient.open(stage, member);
      const { sessionId, password } = session;
      const request = { sessionId, password, timeoutMs, lastZxidSeen: zxid };
      const answer = await client.greet(request);
      if (answer !== undefined) {
        expect(answer.sessionId).toBe(sessionId);
        client.zxid = zxid;
        return client;
      }
      await stage.scheduler.sleep(retryMs, never);
    }
  }

  /** Undefined when the server closes the connection without an answer. */
  async greet(request: Partial<ConnectRequest>): Promise<ConnectResponse | undefined> {
    const none = { lastZxidSeen: 0n, timeoutMs: 0, sessionId: 0n, password: new Uint8Array(16) };
    this.#stream.write(connectRequestFrame({ ...none, ...request }));
    const frame = await this.#next();
    const response = frame === undefined ? undefined : readConnectResponse(frame);
    if (response === undefined) return undefined;
    this.sessionId = response.sessionId;
    this.password = new Uint8Array(response.password);
    return response;
  }

  /** Sends a request and does not wait. What it returns is the reply's xid. */
  send(opcode: number, body: Uint8Array = emptyBody): number {
    const ping = opcode === Opcode.ping;
    const xid = ping ? SpecialXid.ping : (this.#xid += 1);
    const frame = new WireWriter();
    writeRequestFrame(frame, xid, opcode, body);
    this.#stream.write(frame.finish());
    return xid;
  }

  /** The next thing that the server says; undefined when it has closed the connection. */
  async next(): Promise<Message | undefined> {
    const frame = await this.#next();
    if (frame === undefined) return undefined;
    const reply = readReply(frame);
    if (reply === undefined) throw new Error("a frame without a header");
    if (reply.xid === SpecialXid.notification) {
      const event = readNodeEvent(reply.body);
      if (event === undefined) throw new Error("an event of no kind");
      return { kind: "event", event: [event.kind, event.path] };
    }
    // Unimplemented is answered with -1; nothing else ever goes back.
    if (reply.zxid !== -1n) expect(reply.zxid).toBeGreaterThanOrEqual(this.zxid);
    if (reply.zxid > this.zxid) this.zxid = reply.zxid;
    return { kind: "reply", ...reply };
  }

  /** Asks, and collects the events that come before the answer. */
  async askThrough(
    opcode: number,
    body?: Uint8Array,
  ): Promise<{ readonly events: (readonly [NodeEventKind, string])[]; readonly reply: Reply }> {
    const xid = this.send(opcode, body);
    const events: (readonly [NodeEventKind, string])[] = [];
    for (;;) {
      const message = await this.next();
      if (message === undefined) throw new Error("closed instead of an answer");
      if (message.kind === "event") events.push(message.event);
      else {
        expect(message.xid).toBe(xid);
        return { events, reply: message };
      }
    }
  }

  /** Asks; no event may come before the answer. */
  async ask(opcode: number, body?: Uint8Array): Promise<Reply> {
    const { events, reply } = await this.askThrough(opcode, body);
    expect(events).toEqual([]);
    return reply;
  }

  async ping(): Promise<void> {
    expect((await this.ask(Opcode.ping)).error).toBe(0);
  }

  async sync(): Promise<void> {
    expect((await this.ask(Opcode.sync, pathBody("/"))).error).toBe(0);
  }

  async create(path: string, mode: CreateMode = "persistent"): Promise<Stat & { path: string }> {
    const { error, body } = await this.ask(Opcode.create2, createOf(path, mode));
    expect(error).toBe(0);
    return { path: body.string(), ...readStat(body) };
  }

  async set(path: string, data: Uint8Array): Promise<Stat> {
    const { error, body } = await this.ask(Opcode.setData, setDataBody(path, data));
    expect(error).toBe(0);
    return readStat(body);
  }

  async delete(path: string): Promise<bigint> {
    const { error, zxid } = await this.ask(Opcode.delete, versionedBody(path));
    expect(error).toBe(0);
    return zxid;
  }

  async exists(path: string, watch = false): Promise<Stat | undefined> {
    const { error, body } = await this.ask(Opcode.exists, watchableBody(path, watch));
    return error === 0 ? readStat(body) : undefined;
  }

  /** Reads and leaves a watch. */
  async watch(list: "data" | "child", path: string): Promise<void> {
    const opcode = list === "data" ? Opcode.getData : Opcode.getChildren2;
    expect((await this.ask(opcode, watchableBody(path, true))).error).toBe(0);
  }

  /** Ends the session in order. */
  async end(): Promise<void> {
    expect((await this.ask(Opcode.closeSession)).error).toBe(0);
    expect(await this.next()).toBeUndefined();
    this[Symbol.dispose]();
  }

  /** Drops the connection; the session is told nothing. */
  [Symbol.dispose](): void {
    this.#stream.close();
  }

  async #next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const frame = this.#arrived.shift();
      if (frame !== undefined) return frame;
      const chunk = await this.#stream.read();
      if (chunk === undefined) return undefined;
      this.#arrived.push(...this.#frames.push(chunk));
    }
  }
}

/** The body of create and create2. */
export function createOf(path: string, mode: CreateMode = "persistent"): Uint8Array {
  const flags = createFlags(mode);
  return createBody({ path, data: emptyBody, acl: openAcl, flags, ttlMs: undefined });
}
