import type { Outcome, ServerErrorCode } from "./protocol/error-codes.ts";
import { errorMeaning } from "./protocol/error-codes.ts";

/**
 * Why a request failed. Beside what servers answer:
 *
 * - `connection-loss`: the connection broke after the request was sent; its outcome is unknown.
 * - `session-expired`: the session ended before an answer came.
 * - `closed`: the client was closed or abandoned before an answer came.
 * - `aborted`: the caller's signal aborted first.
 * - `queue-full`, `too-large`: refused here, because a bound would be broken.
 * - `bad-path`: refused here; `message` says what is wrong with the path.
 * - `malformed-reply`: the answer's bytes made no sense.
 */
export type ErrorCode =
  | ServerErrorCode
  | "aborted"
  | "bad-path"
  | "closed"
  | "malformed-reply"
  | "queue-full"
  | "too-large";

interface ErrorFacts {
  readonly code: ErrorCode;
  readonly outcome: Outcome;
  /** What was asked for, such as `getData`. */
  readonly operation: string;
  /** The path as the caller gave it, where the request has one. */
  readonly path: string | undefined;
  /** The server's number; undefined when no server said it. */
  readonly wireCode?: number;
  /** For people: what the code does not say. */
  readonly detail?: string;
}

/** A request that did not succeed. A lost reply is `unknown`, never "failed". */
export class ZooKeeperError extends Error {
  override readonly name: string = "ZooKeeperError";
  readonly code: ErrorCode;
  readonly outcome: Outcome;
  /** What was asked for, such as `getData`. */
  readonly operation: string;
  /** The path as the caller gave it; undefined where the request has none. */
  readonly path: string | undefined;
  /** The server's number; undefined when no server said it. */
  readonly wireCode: number | undefined;

  constructor(facts: ErrorFacts) {
    super(describe(facts));
    this.code = facts.code;
    this.outcome = facts.outcome;
    this.operation = facts.operation;
    this.path = facts.path;
    this.wireCode = facts.wireCode;
  }
}

/** A multi that the server refused as a whole, because of the operation at `index`. */
export class MultiError extends ZooKeeperError {
  override readonly name = "MultiError";
  readonly index: number;

  constructor(facts: ErrorFacts, index: number) {
    super({ ...facts, detail: `operation ${index} of the multi` });
    this.index = index;
  }
}

/** What a request is called in errors and observations. */
export interface RequestName {
  readonly operation: string;
  readonly path: string | undefined;
}

/** The error for a number that a server answered, whether or not it is known. */
export function serverError(wireCode: number, name: RequestName): ZooKeeperError {
  return new ZooKeeperError(serverErrorFacts(wireCode, name));
}

/** What is known of a request that a server refused with a number. */
export function serverErrorFacts(wireCode: number, name: RequestName): ErrorFacts {
  const { operation, path } = name;
  return { ...errorMeaning(wireCode), operation, path, wireCode };
}

/** The error for a request that this client refuses itself, unsent. */
export function refusedHere(code: ErrorCode, name: RequestName, detail: string): ZooKeeperError {
  const { operation, path } = name;
  return new ZooKeeperError({ code, outcome: "not-executed", operation, path, detail });
}

function describe(facts: ErrorFacts): string {
  const subject = facts.path === undefined ? facts.operation : `${facts.operation} ${facts.path}`;
  const number = facts.wireCode === undefined ? "" : ` (${facts.wireCode})`;
  const detail = facts.detail === undefined ? "" : `: ${facts.detail}`;
  return `${subject}: ${facts.code}${number}${detail}; outcome ${facts.outcome}`;
}

/** What `reading` gives; undefined where it rejects because the node does not exist. */
export async function missingIsUndefined<Node>(reading: Promise<Node>): Promise<Node | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ZooKeeperError && error.code === "no-node") return undefined;
    throw error;
  }
}
