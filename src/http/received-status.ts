import type { InLine, Standing } from "../election/standing.ts";
import type {
  LeadershipChange,
  SettingStatus,
  Status,
  TransitionStatus,
} from "../election/status.ts";
import { type StateName, stateNames } from "../election/transitions.ts";

/**
 * What another process sent as JSON, where a `Sent` was expected: the names of its fields are
 * known, and nothing of their values.
 */
export type Told<Sent> = Readonly<Partial<Record<keyof Sent, unknown>>>;

/** What is told of an object, with texts for the fields that were sent as texts or numbers. */
type ToldTexts<Sent> = Readonly<Record<keyof Sent, string | undefined>>;

/**
 * A replica's status as another process gave it, perhaps one of another version. The state and the
 * replica's id are known; everything else is undefined where it was not sent, or makes no sense.
 */
export interface ReceivedStatus {
  readonly state: StateName;
  readonly replica: string;
  readonly host: string | undefined;
  readonly pid: string | undefined;
  /** How long the replica has been in its state. */
  readonly stateMs: number | undefined;
  readonly detail: string | undefined;
  readonly epoch: string | undefined;
  /** How long the lease of the replica goes on without a renewal. */
  readonly leaseMs: number | undefined;
  /** The id of who leads, and under which epoch. */
  readonly leader: string | undefined;
  readonly leaderEpoch: string | undefined;
  readonly standing: Standing | undefined;
  /** How long a step-down still keeps the replica from standing. */
  readonly restMs: number | undefined;
  readonly filesWritten: string | undefined;
  /** The directory of the leader's files. */
  readonly fileDir: string | undefined;
  readonly transitions: readonly ToldTexts<TransitionStatus>[];
  readonly leaderships: readonly ToldTexts<LeadershipChange>[] | undefined;
  /** All that was sent, as it came. */
  readonly answer: Told<Status>;
}

/** Reads what /status answers; undefined when no replica of any version answers so. */
export function parseStatus(text: string): ReceivedStatus | undefined {
  const answer = toldIn<Status>(text);
  const state = stateNames.find((name) => name === answer.state);
  const self = objectOf<Status["replica"]>(answer.replica);
  const replica = textOf(self.replica);
  if (state === undefined || replica === undefined) return undefined;
  const leader = objectOf<NonNullable<Status["leader"]>>(answer.leader);
  return {
    state,
    replica,
    host: textOf(self.host),
    pid: textOf(self.pid),
    stateMs: numberOf(answer.stateMs),
    detail: textOf(answer.detail),
    epoch: textOf(answer.epoch),
    leaseMs: numberOf(objectOf<NonNullable<Status["lease"]>>(answer.lease).remainingMs),
    leader: textOf(leader.replica),
    leaderEpoch: textOf(leader.epoch),
    standing: standingOf(answer.standing),
    restMs: numberOf(objectOf<NonNullable<Status["resting"]>>(answer.resting).remainingMs),
    filesWritten: textOf(objectOf<Status["files"]>(answer.files).written),
    fileDir: settingOf(answer, "file-dir"),
    transitions: listOf(answer.transitions)?.map(transitionOf) ?? [],
    leaderships: listOf(answer.leaderships)?.map(changeOf),
    answer,
  };
}

/** The value of an option, by its flag. */
function settingOf({ settings }: Told<Status>, flag: string): string | undefined {
  const all = listOf(settings)?.map((setting) => objectOf<SettingStatus>(setting));
  return textOf(all?.find(({ option }) => option === flag)?.value);
}

function standingOf(value: unknown): Standing | undefined {
  const { kind, position, size, candidates } = objectOf<InLine>(value);
  if (kind === "member") return { kind };
  if (kind !== "in-line" || typeof position !== "number") return undefined;
  const ids = listOf(candidates)?.map(String) ?? [];
  return { kind, position, size: numberOf(size) ?? Number.NaN, candidates: ids };
}

function transitionOf(value: unknown): ToldTexts<TransitionStatus> {
  const { at, from, to, reason, detail, epoch } = objectOf<TransitionStatus>(value);
  return {
    at: textOf(at),
    from: textOf(from),
    to: textOf(to),
    reason: textOf(reason),
    detail: textOf(detail),
    epoch: textOf(epoch),
  };
}

function changeOf(value: unknown): ToldTexts<LeadershipChange> {
  const { at, change, replica, epoch, reason, detail } = objectOf<LeadershipChange>(value);
  return {
    at: textOf(at),
    change: textOf(change),
    replica: textOf(replica),
    epoch: textOf(epoch),
    reason: textOf(reason),
    detail: textOf(detail),
  };
}

/** The fields of the object that a text holds as JSON; none where it holds no object. */
export function toldIn<Sent>(text: string): Told<Sent> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return objectOf(undefined);
  }
}

/** The fields of an object; none of any other value. */
export function objectOf<Sent>(value: unknown): Told<Sent> {
  const fields: object = typeof value === "object" && value !== null ? value : {};
  return fields as Told<Sent>;
}

/** A text, or a number as text; undefined for any other value. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
