import type { Instant, Scheduler } from "../../base/scheduler.ts";
import type { ErrorCode, RequestName } from "../errors.ts";
import { serverError, ZooKeeperError } from "../errors.ts";
import { WireCode } from "../protocol/error-codes.ts";
import type { Opcode } from "../protocol/opcodes.ts";
import type { Reply } from "../protocol/replies.ts";
import type { WireReader } from "../protocol/wire-reader.ts";

/** What is asked of a server, and how its answer is read. */
export interface Request<T> extends RequestName {
  readonly opcode: Opcode;
  readonly body: Uint8Array;
  /** Gives up the wait; a request that was sent cannot be taken back. */
  readonly signal?: AbortSignal | undefined;
  /** Reads the body of a good answer, received on the connection numbered `generation`. */
  decode(body: WireReader, generation: number): T | ZooKeeperError;
  /** Makes a result out of an error that is none to this request; undefined if it is one. */
  tolerate?(wireCode: number, body: WireReader, generation: number): T | undefined;
}

/** What an exchange tells the one who began it. */
export interface ExchangeOwner {
  readonly scheduler: Scheduler;
  /** The caller gave up: an unsent exchange is not to be sent any more. */
  aborted(exchange: SentExchange): void;
  /** The caller has the result. `outcome` is "ok" or an error's code. */
  settled(request: RequestName, outcome: "ok" | ErrorCode, durationMs: number): void;
}

/** An exchange as a connection sees it: whatever it is about, it is answered or it fails. */
export interface SentExchange {
  readonly opcode: Opcode;
  readonly body: Uint8Array;
  /** When it was handed to a connection; undefined while it waits for one. */
  sentAt: Instant | undefined;
  /** Takes the answer; false when its bytes make no sense. */
  accept(reply: Reply, generation: number): boolean;
  /** Settles without an answer: the outcome is unknown if it was sent, else not-executed. */
  fail(code: ErrorCode, detail: string): void;
}

/** One request and the promise of its result, which settles exactly once. */
export class Exchange<T> implements SentExchange {
  readonly promise: Promise<T>;
  sentAt: Instant | undefined;
  readonly #request: Request<T>;
  readonly #owner: ExchangeOwner;
  readonly #submittedAt: Instant;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: ZooKeeperError) => void;
  #settled = false;

  constructor(request: Request<T>, owner: ExchangeOwner) {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#request = request;
    this.#owner = owner;
    this.#submittedAt = owner.scheduler.now();
    request.signal?.addEventListener("abort", this.#abort);
  }

  get opcode(): Opcode {
    return this.#request.opcode;
  }

  get body(): Uint8Array {
    return this.#request.body;
  }

  accept(reply: Reply, generation: number): boolean {
    // Nobody waits any more. The reply took its turn, and that is all it had to do: a watch that
    // it armed on the server fires into nothing.
    if (this.#settled) return true;
    const result = this.#read(reply, generation);
    if (reply.body.malformed) {
      this.fail("malformed-reply", "the answer's bytes make no sense");
      return false;
    }
    if (result instanceof ZooKeeperError) this.#settle(result.code, () => this.#reject(result));
    else this.#settle("ok", () => this.#resolve(result));
    return true;
  }

  fail(code: ErrorCode, detail: string): void {
    if (this.#settled) return;
    const { operation, path } = this.#request;
    const outcome = this.sentAt === undefined ? "not-executed" : "unknown";
    const error = new ZooKeeperError({ code, outcome, operation, path, detail });
    this.#settle(code, () => this.#reject(error));
  }

  readonly #abort = (): void => {
    this.fail("aborted", "the caller gave up the wait");
    this.#owner.aborted(this);
  };

  #read(reply: Reply, generation: number): T | ZooKeeperError {
    if (reply.error === WireCode.ok) return this.#request.decode(reply.body, generation);
    const tolerated = this.#request.tolerate?.(reply.error, reply.body, generation);
    return tolerated ?? serverError(reply.error, this.#request);
  }

  #settle(outcome: "ok" | ErrorCode, deliver: () => void): void {
    this.#settled = true;
    this.#request.signal?.removeEventListener("abort", this.#abort);
    deliver();
    const durationMs = this.#owner.scheduler.now() - this.#submittedAt;
    this.#owner.settled(this.#request, outcome, durationMs);
  }
}
