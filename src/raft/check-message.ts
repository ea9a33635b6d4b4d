import { impossible } from "./impossible.ts";
import { entryBytes, type EntryKind } from "./log/log-store.ts";
import { decodeMembers, membersProblem } from "./members.ts";
import type { RaftMessage } from "./message.ts";
import type { RaftSettings } from "./settings.ts";

/** No term and no index is higher. */
const highest = 2 ** 48;
/** Elections never took so many terms: who says so would leave none for the next elections. */
const longestLeap = 2 ** 32;
/** A day: no timeout is as long. */
const longestMs = 86_400_000;
const longestReadId = 200;

type Check = (value: unknown) => boolean;

const count: Check = (value) => isWhole(value) && value <= highest;
const positive: Check = (value) => count(value) && value !== 0;
const flag: Check = (value) => typeof value === "boolean";
const bytes: Check = (value) => value instanceof Uint8Array;
const duration: Check = (value) => isNumber(value) && value >= 0;
const shortDuration: Check = (value) => duration(value) && Number(value) <= longestMs;
const readId: Check = (value) => typeof value === "string" && value.length <= longestReadId;
const anything: Check = () => true;

const ballot = {
  campaign: positive,
  granted: flag,
  silentMs: duration,
  refusesForMs: shortDuration,
};
const logEnd = { lastIndex: count, lastTerm: count };

/** The fields of each kind of message, besides the term. */
const fields: Readonly<Record<RaftMessage["kind"], Readonly<Record<string, Check>>>> = {
  "pre-vote-request": logEnd,
  "vote-request": { ...logEnd, forced: flag },
  "pre-vote-answer": ballot,
  "vote-answer": ballot,
  "append-request": {
    previousIndex: count,
    previousTerm: count,
    entries: Array.isArray,
    commit: count,
  },
  "append-answer": { accepted: flag, index: count },
  "heartbeat-request": { commit: count, round: count },
  "heartbeat-answer": { round: count },
  "snapshot-request": { snapshot: anything, offset: count, data: bytes, last: flag },
  "snapshot-answer": { index: positive, offset: count },
  "timeout-now": {},
  "read-request": { id: readId },
  "read-answer": { id: readId, index: positive },
};

const entryKinds: readonly EntryKind[] = ["data", "members", "empty"];

/**
 * What is wrong with what a peer sent; undefined for a message that may be looked at. It throws
 * for nothing, and believes nothing: not even that the value has the type.
 *
 * @param ownTerm the term of the node that it was sent to
 */
export function messageProblem(
  message: unknown,
  settings: RaftSettings,
  ownTerm: number,
): string | undefined {
  if (!isRecord(message)) return "no message";
  const { kind, term } = message;
  if (typeof kind !== "string" || !Object.hasOwn(fields, kind)) return "a message of unknown kind";
  // A voter that is still in term 0 answers as such.
  const answers = kind === "pre-vote-answer" || kind === "vote-answer";
  if (!(answers ? count : positive)(term)) return `${kind} without a term`;
  const known = message as unknown as RaftMessage;
  if (known.term > ownTerm + longestLeap) return `${kind} with a term that is far ahead`;
  for (const [name, check] of Object.entries(fields[known.kind])) {
    if (!check(message[name])) return `${kind} whose ${name} cannot be`;
  }
  return contentProblem(known, message, settings);
}

function contentProblem(
  message: RaftMessage,
  { hintIndex, hintTerm }: Readonly<Record<string, unknown>>,
  settings: RaftSettings,
): string | undefined {
  switch (message.kind) {
    case "append-request":
      return entriesProblem(message, settings);
    case "append-answer":
      return message.accepted || (count(hintIndex) && count(hintTerm))
        ? undefined
        : "append-answer whose hint cannot be";
    case "snapshot-request":
      return snapshotProblem(message, settings);
    case "pre-vote-request":
    case "vote-request":
      return message.lastTerm < message.term && hasTerm(message.lastIndex, message.lastTerm)
        ? undefined
        : `${message.kind} with a log that cannot be`;
    case "pre-vote-answer":
    case "vote-answer":
    case "heartbeat-request":
    case "heartbeat-answer":
    case "snapshot-answer":
    case "timeout-now":
    case "read-request":
    case "read-answer":
      return undefined;
    default:
      return impossible(message);
  }
}

function entriesProblem(
  request: Extract<RaftMessage, { readonly kind: "append-request" }>,
  { maxAppendBytes }: RaftSettings,
): string | undefined {
  let { previousIndex: index, previousTerm: term } = request;
  if (!hasTerm(index, term)) return "append-request after an entry that cannot be";
  let size = 0;
  for (const entry of request.entries as readonly unknown[]) {
    if (!isRecord(entry)) return "append-request with an entry that is none";
    const { data, kind } = entry;
    if (entry["index"] !== index + 1) return "append-request with a gap";
    if (!isWhole(entry["term"]) || entry["term"] < Math.max(1, term)) {
      return "append-request whose terms fall";
    }
    if (!entryKinds.some((known) => known === kind) || !(data instanceof Uint8Array)) {
      return "append-request with an entry of unknown kind";
    }
    if (kind === "members" && decodeMembers(data) === undefined) {
      return "append-request with members that cannot be";
    }
    index += 1;
    ({ term } = entry as { readonly term: number });
    size += entryBytes({ data });
  }
  if (term > request.term) return "append-request with an entry of a later term";
  // An entry alone may have the whole size, and is sent alone then.
  return size > maxAppendBytes ? "append-request that is too large" : undefined;
}

function snapshotProblem(
  { snapshot, term, data, last, offset }: Extract<RaftMessage, { kind: "snapshot-request" }>,
  { snapshotPieceBytes, maxSnapshotBytes }: RaftSettings,
): string | undefined {
  const meta: unknown = snapshot;
  if (!isRecord(meta) || !positive(meta["index"]) || !positive(meta["term"])) {
    return "snapshot-request of a snapshot that cannot be";
  }
  if (snapshot.term > term) return "snapshot-request of a later term";
  const problem = membersProblem(snapshot.members);
  if (problem !== undefined) return `snapshot-request with members that cannot be: ${problem}`;
  if (data.length > snapshotPieceBytes) return "snapshot-request that is too large";
  if (data.length === 0 && !last) return "snapshot-request without anything";
  return offset > maxSnapshotBytes ? "snapshot-request beyond any snapshot" : undefined;
}

/** Index 0 is before the first entry, and has term 0; all others have a term. */
function hasTerm(index: number, term: number): boolean {
  return index === 0 ? term === 0 : term > 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
