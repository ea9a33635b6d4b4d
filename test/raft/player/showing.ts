import { raftLeaderOf } from "../../../src/raft/state.ts";
import { nodeOf } from "./arguments.ts";
import { entryText, membersText, messageText, msText } from "./text.ts";
import type { Selection, World } from "./world.ts";

/** One line of facts about a node, each as key=value. */
export function showFacts(world: World, id: string): void {
  const { state, store, paused } = nodeOf(world, id);
  if (state === undefined) {
    const { term, vote } = store.hardState;
    const { firstIndex, lastIndex } = store;
    world.say(
      `node=${id} role=crashed term=${term} vote=${vote ?? "none"} raft-leader=none ` +
        `first=${firstIndex} last=${lastIndex} commit=${store.snapshot.index} ` +
        `members=${membersText(store.snapshot.members)}`,
    );
    return;
  }
  const { role, term, vote, log, commit } = state;
  world.say(
    `node=${id} role=${role.kind} term=${term} vote=${vote ?? "none"} ` +
      `raft-leader=${raftLeaderOf(state) ?? "none"} first=${log.firstIndex} ` +
      `last=${log.lastIndex} commit=${commit} members=${membersText(log.members)}` +
      (paused ? " paused" : ""),
  );
}

/** The entries of a node as index/term/data; a snapshot in their place as snapshot=index/term. */
export function showLog(world: World, id: string): void {
  const { state, store } = nodeOf(world, id);
  const log = state?.log ?? store;
  const first = log.firstIndex;
  const entries = log.entries(first, log.lastIndex, Infinity) ?? [];
  const before = first === 1 ? [] : [`snapshot=${first - 1}/${log.termOf(first - 1)}`];
  world.say([`node=${id}`, ...before, ...entries.map(entryText)].join(" "));
}

export function showApplied(world: World, id: string): void {
  const { appliedIndex, applied } = nodeOf(world, id);
  world.say([`node=${id} applied=${appliedIndex}`, ...applied].join(" "));
}

export function showFlights(world: World, selection: Selection): void {
  for (const { from, to, message, dueAt, delayed } of world.select(selection)) {
    const late = delayed ? ` delayed-until=${msText(dueAt)}` : "";
    world.say(`${from} -> ${to} ${messageText(message)}${late}`);
  }
}
