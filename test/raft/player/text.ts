import { impossible } from "../../../src/raft/impossible.ts";
import type { RaftEntry } from "../../../src/raft/log/log-store.ts";
import { decodeMembers, isJoint, type Members } from "../../../src/raft/members.ts";
import type { RaftMessage } from "../../../src/raft/message.ts";
import type { LogWrite } from "../../../src/raft/log/write.ts";

/** How the player writes what it shows: words of key=value, no spaces in a value. */
export function entryText(entry: RaftEntry): string {
  return `${entry.index}/${entry.term}/${dataText(entry)}`;
}

function dataText({ kind, data }: RaftEntry): string {
  if (kind === "members") {
    const members = decodeMembers(data);
    return members === undefined ? "members:?" : `members:${membersText(members)}`;
  }
  const text = new TextDecoder().decode(data);
  return /[\s"]/.test(text) ? JSON.stringify(text) : text;
}

/** `1,2,3`; joint: `1,2,4&1,2,3`; with learners: `1,2,3+4`. Nobody: `none`. */
export function membersText(members: Members): string {
  const { voters, outgoing, learners } = members;
  const joint = isJoint(members) ? `&${outgoing.join()}` : "";
  const besides = learners.length > 0 ? `+${learners.join()}` : "";
  return `${voters.length === 0 ? "none" : voters.join()}${joint}${besides}`;
}

export function messageText(message: RaftMessage): string {
  const { kind, term } = message;
  return [kind, `term=${term}`, ...details(message)].join(" ");
}

function details(message: RaftMessage): readonly string[] {
  switch (message.kind) {
    case "pre-vote-request":
      return [`last=${message.lastIndex}/${message.lastTerm}`];
    case "vote-request":
      return [
        `last=${message.lastIndex}/${message.lastTerm}`,
        ...(message.forced ? ["forced"] : []),
      ];
    case "pre-vote-answer":
    case "vote-answer":
      return [
        `campaign=${message.campaign}`,
        message.granted ? "granted" : "not-granted",
        `silent=${msText(message.silentMs)}`,
        ...(message.refusesForMs > 0 ? [`refuses-for=${msText(message.refusesForMs)}`] : []),
      ];
    case "append-request":
      return [
        `after=${message.previousIndex}/${message.previousTerm}`,
        `commit=${message.commit}`,
        ...entriesText(message.entries),
      ];
    case "append-answer":
      return message.accepted
        ? [`accepted=${message.index}`]
        : [`not-accepted=${message.index}`, `hint=${message.hintIndex}/${message.hintTerm}`];
    case "heartbeat-request":
      return [`commit=${message.commit}`, `round=${message.round}`];
    case "heartbeat-answer":
      return [`round=${message.round}`];
    case "snapshot-request":
      return [
        `snapshot=${message.snapshot.index}/${message.snapshot.term}`,
        `offset=${message.offset}`,
        `bytes=${message.data.length}`,
        ...(message.last ? ["last"] : []),
      ];
    case "snapshot-answer":
      return [`snapshot=${message.index}`, `offset=${message.offset}`];
    case "timeout-now":
      return [];
    case "read-request":
      return [`read=${message.id}`];
    case "read-answer":
      return [`read=${message.id}`, `index=${message.index}`];
    default:
      return impossible(message);
  }
}

export function writeText(write: LogWrite): string {
  const { hardState, piece, install, cutFrom, entries } = write;
  return [
    ...(hardState ? [`term=${hardState.term} vote=${hardState.vote ?? "none"}`] : []),
    ...(piece ? [`piece=${piece.snapshot.index}@${piece.offset}+${piece.data.length}`] : []),
    ...(install ? [`snapshot=${install.index}/${install.term}`] : []),
    ...(cutFrom === undefined ? [] : [`cut-from=${cutFrom}`]),
    ...entriesText(entries),
  ].join(" ");
}

function entriesText(entries: readonly RaftEntry[]): readonly string[] {
  return entries.length === 0 ? [] : [`entries=${entries.map(entryText).join()}`];
}

/** Milliseconds, without the digits that nobody reads. */
export function msText(ms: number): string {
  return String(Math.round(ms * 10) / 10);
}
