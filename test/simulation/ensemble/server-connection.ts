import { FrameReader } from "../../../src/zookeeper/protocol/frames.ts";
import { Opcode, SpecialXid } from "../../../src/zookeeper/protocol/opcodes.ts";
import { WireReader } from "../../../src/zookeeper/protocol/wire-reader.ts";
import { WireWriter } from "../../../src/zookeeper/protocol/wire-writer.ts";
import type { Life } from "../referee/life.ts";
import type { Link, ServerSide } from "../world/link.ts";
import {
  type ConnectRequestRead,
  connectResponse,
  operationReply,
  readConnectRequest,
  readOperation,
  replyFrame,
} from "./server-protocol.ts";
import { answerRead } from "./reads.ts";
import type { Server } from "./server.ts";
import type { Operation } from "./transactions.ts";

const maximumFrameBytes = 0xfffff;

interface Request {
  readonly xid: number;
  readonly opcode: number;
  readonly body: WireReader;
}

/** A client's connection at one server: requests are answered in the order in which they came. */
export class ServerConnection implements ServerSide {
  readonly life: Life;
  session = 0n;
  timeoutMs = 0;
  readonly #server: Server;
  readonly #link: Link;
  readonly #frames = new FrameReader(maximumFrameBytes);
  readonly #queue: Request[] = [];
  #greeted = false;
  /** A request is with the leader, and those behind it wait. */
  #busy = false;
  #open = true;

  constructor(server: Server, link: Link) {
    this.#server = server;
    this.#link = link;
    this.life = server.life;
  }

  get open(): boolean {
    return this.#open;
  }

  received(bytes: Uint8Array): void {
    for (const frame of this.#frames.push(bytes)) {
      if (!this.#open) return;
      if (this.#greeted) this.#take(frame);
      else this.#greet(readConnectRequest(frame));
    }
    if (this.#frames.malformed !== undefined) this.close();
  }

  ended(): void {
    this.#open = false;
    this.#server.forget(this);
  }

  close(): void {
    if (!this.#open) return;
    this.ended();
    this.#link.closeServer();
  }

  send(bytes: Uint8Array): void {
    if (this.#open) this.#link.answer(bytes);
  }

  /** The session was granted, or granted again. */
  welcome(session: bigint, timeoutMs: number, password: Uint8Array): void {
    this.session = session;
    this.timeoutMs = timeoutMs;
    this.send(connectResponse(timeoutMs, session, password));
  }

  /** The session is gone: zeros, and the end. */
  refuse(): void {
    this.send(connectResponse(0, 0n, new Uint8Array(16)));
    this.close();
  }

  #greet(request: ConnectRequestRead): void {
    this.#greeted = true;
    this.#server.greet(this, request);
  }

  #take(frame: Uint8Array): void {
    const body = new WireReader(frame);
    if (!this.#server.touch(this.session, this.timeoutMs)) return;
    const request = { xid: body.int(), opcode: body.int(), body };
    const overtakes = request.opcode === Opcode.ping && this.#server.pingsOvertake;
    if (overtakes) return this.#answer(request);
    this.#queue.push(request);
    this.#work();
  }

  #work(): void {
    while (!this.#busy && this.#open) {
      const request = this.#queue.shift();
      if (request === undefined) return;
      this.#answer(request);
    }
  }

  #answer({ xid, opcode, body }: Request): void {
    if (opcode === Opcode.auth) return this.send(replyFrame(SpecialXid.auth, 0n, 0));
    if (opcode !== Opcode.closeSession && !this.#server.speaksFor(this.session)) {
      return this.close();
    }
    if (opcode === Opcode.ping) return this.#answerPing();
    if (opcode === Opcode.sync) return this.#sync(xid, body.string());
    const { tree } = this.#server;
    const read = answerRead(this.#server.watches, tree, this, xid, opcode, body);
    if (read) return;
    const operation = readOperation(opcode, body);
    if (operation === undefined || body.malformed) {
      // Source: UnimplementedRequestProcessor.java.
      this.send(replyFrame(xid, -1n, -6));
      return this.close();
    }
    this.#change(xid, operation);
  }

  #answerPing(): void {
    this.send(replyFrame(SpecialXid.ping, this.#server.tree.lastZxid, 0));
  }

  #sync(xid: number, path: string): void {
    this.#busy = true;
    this.#server.sync(() => {
      this.#busy = false;
      this.send(replyFrame(xid, this.#server.tree.lastZxid, 0, new WireWriter().string(path)));
      this.#work();
    });
  }

  #change(xid: number, operation: Operation): void {
    const oddity = operation.kind === "close-session" ? undefined : this.#server.oddity();
    if (oddity?.kind === "late") {
      this.#server.submitLate(this, operation, oddity.afterMs);
      return this.close();
    }
    if (oddity !== undefined && !oddity.executed) {
      return this.send(replyFrame(xid, this.#server.tree.lastZxid, oddity.code));
    }
    this.#busy = true;
    this.#server.submit(this, operation, (results, zxid) => {
      this.#busy = false;
      if (oddity === undefined) this.send(operationReply(xid, zxid, operation, results));
      else this.send(replyFrame(xid, zxid, oddity.code));
      if (operation.kind === "close-session") this.close();
      this.#work();
    });
  }
}
