import { unreachable } from "../base/unreachable.ts";
import { MultiError, serverErrorFacts } from "./errors.ts";
import type { Namespace } from "./namespace.ts";
import type { CreateMode } from "./protocol/create-mode.ts";
import { createFlags, createOpcode } from "./protocol/create-mode.ts";
import { WireCode } from "./protocol/error-codes.ts";
import { Opcode } from "./protocol/opcodes.ts";
import type { Acl, Stat } from "./protocol/records.ts";
import { openAcl, readStat } from "./protocol/records.ts";
import { createBody, setDataBody, versionedBody } from "./protocol/requests.ts";
import type { WireReader } from "./protocol/wire-reader.ts";
import { WireWriter } from "./protocol/wire-writer.ts";

/**
 * One part of a transaction, by the caller's paths. One with a `version` is executed only if the
 * node has that version. A create without `mode` is persistent; without `acl` it gets the client's.
 */
export type MultiOperation =
  | {
      readonly kind: "create";
      readonly path: string;
      readonly data: Uint8Array;
      readonly mode?: CreateMode | undefined;
      readonly acl?: readonly Acl[] | undefined;
      readonly ttlMs?: number | undefined;
    }
  | { readonly kind: "delete"; readonly path: string; readonly version?: number | undefined }
  | {
      readonly kind: "set";
      readonly path: string;
      readonly data: Uint8Array;
      readonly version?: number | undefined;
    }
  | { readonly kind: "check"; readonly path: string; readonly version: number };

/** What came of one part of a transaction that was executed, in the order of its parts. */
export type MultiResult =
  | {
      readonly kind: "created";
      readonly path: string;
      /**
       * Undefined from servers that make plain creates of those in a multi: 3.8 does. All parts
       * share one transaction, so a `set` beside it tells the node's czxid by its mzxid.
       */
      readonly stat: Stat | undefined;
    }
  | { readonly kind: "set"; readonly path?: undefined; readonly stat: Stat }
  | {
      readonly kind: "deleted" | "checked";
      readonly path?: undefined;
      readonly stat?: undefined;
    };

const endOfList = -1;

/** The operations by full paths, and with `acl` for each that creates a node and names none. */
export function completed(
  operations: readonly MultiOperation[],
  names: Namespace,
  acl: readonly Acl[],
): readonly MultiOperation[] {
  return operations.map((operation) => {
    const { kind, path } = operation;
    if (kind !== "create") return { ...operation, path: names.absolute("multi", path) };
    const { mode = "persistent", ttlMs } = operation;
    return { acl, ...operation, path: names.created("multi", path, mode, ttlMs) };
  });
}

/**
 * The body of a multi of `operations`, which carry full paths.
 * Source: MultiOperationRecord.java:91-113.
 */
export function multiBody(operations: readonly MultiOperation[]): Uint8Array {
  const writer = new WireWriter();
  for (const operation of operations) {
    const { opcode, body } = part(operation);
    writer.int(opcode).boolean(false).int(-1).raw(body);
  }
  return writer.int(endOfList).boolean(true).int(-1).finish();
}

/**
 * Reads the answer to a multi of `operations`, which carry the caller's paths. A refused one looks
 * well in its header, and says in its parts which of them was to blame: those before it carry 0,
 * those behind it RuntimeInconsistency.
 * Source: MultiResponse.java:60-161.
 */
export function readMultiResults(
  body: WireReader,
  operations: readonly MultiOperation[],
  names: Namespace,
): readonly MultiResult[] | MultiError {
  const results: MultiResult[] = [];
  const errors: number[] = [];
  while (!body.malformed) {
    const type = body.int();
    const done = body.boolean();
    body.int();
    if (done) break;
    if (type === endOfList) errors.push(body.int());
    else results.push(readResult(type, body, names));
  }
  const culprit = errors.findIndex((error) => error !== WireCode.ok);
  const wireCode = errors[culprit];
  if (wireCode !== undefined) {
    const name = { operation: "multi", path: operations[culprit]?.path };
    return new MultiError(serverErrorFacts(wireCode, name), culprit);
  }
  if (results.length !== operations.length) body.reject();
  return results;
}

function part(operation: MultiOperation): { opcode: Opcode; body: Uint8Array } {
  switch (operation.kind) {
    case "create": {
      const { path, data, acl = openAcl, mode = "persistent", ttlMs } = operation;
      const body = createBody({ path, data, acl, flags: createFlags(mode), ttlMs });
      return { opcode: createOpcode(mode), body };
    }
    case "delete": {
      const body = versionedBody(operation.path, operation.version);
      return { opcode: Opcode.delete, body };
    }
    case "set": {
      const { path, data, version } = operation;
      return { opcode: Opcode.setData, body: setDataBody(path, data, version) };
    }
    case "check":
      return { opcode: Opcode.check, body: versionedBody(operation.path, operation.version) };
    default:
      return unreachable(operation);
  }
}

function readResult(type: number, body: WireReader, names: Namespace): MultiResult {
  switch (type) {
    case Opcode.create:
      return { kind: "created", path: names.relative(body.string()), stat: undefined };
    case Opcode.create2:
    case Opcode.createContainer:
    case Opcode.createTtl:
      return { kind: "created", path: names.relative(body.string()), stat: readStat(body) };
    case Opcode.setData:
      return { kind: "set", stat: readStat(body) };
    case Opcode.delete:
      return { kind: "deleted" };
    case Opcode.check:
      return { kind: "checked" };
    default:
      body.reject();
      return { kind: "checked" };
  }
}
