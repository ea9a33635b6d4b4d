import { MemoryStore } from "../memory-store.ts";
import { mayExpire } from "./session-model.ts";
import type { ExploredWorld } from "./world.ts";

/** One thing that may happen next, as text: a path of them can be kept and taken again. */
export type Action = string;

/** What the search lets happen, and how often at most on one path. */
export interface Budget {
  readonly ticks: number;
  readonly crashes: number;
  readonly campaigns: number;
  readonly touches: number;
  readonly resigns: number;
  readonly wipes: number;
  readonly prefers: number;
  readonly changes: number;
  readonly snapshots: number;
  readonly transfers: number;
  /** Also parts of a link, repetitions and losses. */
  readonly disorder: boolean;
}

/** The part of the budget that an action takes from; undefined for what may happen at any time. */
export function costOf(action: Action): keyof Budget | undefined {
  const [verb = ""] = action.split(" ");
  const costs: Readonly<Record<string, keyof Budget>> = {
    tick: "ticks",
    crash: "crashes",
    campaign: "campaigns",
    touch: "touches",
    resign: "resigns",
    again: "resigns",
    wipe: "wipes",
    prefer: "prefers",
    members: "changes",
    compact: "snapshots",
    transfer: "transfers",
  };
  return costs[verb];
}

/** Memberships that are tried: smaller ones, and a learner that becomes a voter. */
const wantedVoters = ["1,2,3", "1,2", "2,3", "1", "2", "3"];

/** All that may happen in this world now. */
export function actionsOf(world: ExploredWorld, budget: Budget): readonly Action[] {
  const actions: Action[] = [];
  const may = (name: keyof Budget): boolean => Number(budget[name]) > 0;
  for (const link of world.links.keys()) {
    const to = link.split(">")[1] ?? "";
    if (world.nodes.get(to)?.state === undefined) continue;
    actions.push(`link ${link}`);
    if (!budget.disorder) continue;
    actions.push(`lose ${link}`);
    if ((world.links.get(link)?.length ?? 0) > 1) actions.push(`first ${link}`, `last ${link}`);
    actions.push(`twice ${link}`);
  }
  for (const { id, state, refused, writes, wakeAt, appliedIndex, store } of world.nodes.values()) {
    if (state === undefined) {
      if (!refused) actions.push(`restart ${id}`);
      continue;
    }
    if (wakeAt <= state.now || wakeAt <= (world.nodes.get(id)?.clock(world.now) ?? 0)) {
      actions.push(`wake ${id}`);
    }
    if (writes.length > 0) actions.push(`flush ${id}`);
    if (may("crashes")) actions.push(`crash ${id}`);
    if (may("wipes")) actions.push(`wipe ${id}`);
    if (may("snapshots") && appliedIndex > store.snapshot.index) actions.push(`compact ${id}`);
    if (state.role.kind === "raft-leader") actions.push(...leaderActions(world, id, may));
    else if (may("campaigns")) actions.push(`campaign ${id}`);
  }
  for (const session of world.sessions.values()) {
    if (session.granted > session.stopped && may("resigns")) actions.push(`resign ${session.id}`);
    if (session.resigned > 0 && may("resigns")) actions.push(`again ${session.id}`);
  }
  if (may("ticks")) actions.push("tick");
  return actions;
}

function leaderActions(
  world: ExploredWorld,
  id: string,
  may: (name: keyof Budget) => boolean,
): readonly Action[] {
  const actions: Action[] = [];
  const node = world.nodes.get(id);
  const { leaseMs, rules } = world.settings;
  for (const session of world.sessions.keys()) {
    if (may("touches")) actions.push(`touch ${session} ${id}`);
    if (node && mayExpire(node, session, world.now, leaseMs, rules)) {
      actions.push(`expire ${session} ${id}`);
    }
    if (may("prefers")) actions.push(`prefer ${session} ${id}`);
  }
  if (may("changes")) for (const voters of wantedVoters) actions.push(`members ${voters} ${id}`);
  if (may("transfers")) {
    for (const to of world.nodes.keys()) if (to !== id) actions.push(`transfer ${to} ${id}`);
  }
  return actions;
}

/** Takes the world through one action; throws a Violation for what must never happen. */
export function perform(world: ExploredWorld, action: Action): void {
  const [verb = "", one = "", two = ""] = action.split(" ");
  switch (verb) {
    case "link":
      return world.deliver(one, (messages) => messages);
    case "first":
      return world.deliver(one, (messages) => messages.slice(0, 1));
    case "last":
      return world.deliver(one, (messages) => messages.slice(-1));
    case "twice": {
      const before = world.links.get(one) ?? [];
      world.deliver(one, (messages) => messages.slice(0, 1));
      return world.setLink(one, [...before.slice(0, 1), ...(world.links.get(one) ?? [])]);
    }
    case "lose":
      return world.setLink(one, []);
    case "tick":
      return world.tick();
    case "wake":
      return world.give(one, { kind: "wake" });
    case "recover":
      return world.recover();
    case "flush":
      return world.flush(one);
    case "crash":
      return world.crash(one);
    case "restart":
      return world.restart(one);
    case "campaign":
      return world.give(one, { kind: "campaign", how: "now" });
    case "transfer":
      return world.give(two, { kind: "transfer", to: one });
    case "compact":
      return world.nodes.get(one)?.compact();
    case "wipe":
      return wipe(world, one);
    case "members":
      return changeMembers(world, two, one.split(","));
    default:
      return onSession(world, verb, one, two);
  }
}

function onSession(world: ExploredWorld, verb: string, id: string, at: string): void {
  const session = world.sessions.get(id);
  if (session === undefined) throw new Error(`no session ${id}`);
  switch (verb) {
    case "touch":
      return world.touch(id, at);
    case "open":
    case "prefer":
      return world.propose(at, `${verb} ${id}`);
    case "expire": {
      const node = world.nodes.get(at);
      const { leaseMs, rules } = world.settings;
      if (node?.book === undefined || !mayExpire(node, id, world.now, leaseMs, rules)) return;
      node.book = { ...node.book, barred: [...node.book.barred, id] };
      return world.propose(at, `expire ${id}`);
    }
    case "resign": {
      const { granted, stopped } = session;
      const ends = world.settings.rules.stopBeforeResign ? granted : stopped;
      world.sessions.set(id, { ...session, stopped: ends, resigned: granted });
      return proposeEverywhere(world, `resign ${granted}`);
    }
    case "again":
      return proposeEverywhere(world, `resign ${session.resigned}`);
    default:
      throw new Error(`no action is called ${verb}`);
  }
}

/** Only a raft leader takes it; who believes itself one may be one no more. */
function proposeEverywhere(world: ExploredWorld, text: string): void {
  for (const id of world.nodes.keys()) world.propose(id, text);
}

function changeMembers(world: ExploredWorld, at: string, voters: readonly string[]): void {
  const learners = [...world.nodes.keys()].filter((id) => !voters.includes(id));
  world.give(at, { kind: "members", wanted: { voters, learners, context: "" } });
}

/** The node loses its directory. It is refused, unless that rule is left out. */
function wipe(world: ExploredWorld, id: string): void {
  const node = world.nodes.get(id);
  if (node === undefined) return;
  node.crash();
  if (world.settings.rules.emptiedIsRefused) {
    node.refused = true;
    return;
  }
  const { voters, learners } = world.settings;
  node.store = new MemoryStore({ voters, outgoing: [], learners, context: "" });
  world.restart(id);
}
