import type { Budget } from "./actions.ts";
import type { ModelRules } from "./model-rules.ts";
import type { PositionName } from "./positions.ts";

/** One place of the core's source, and what stands there without the rule. */
export interface Planted {
  /** Below src/raft. */
  readonly file: string;
  /** It must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A rule of the lease, how to leave it out, and where that shows. */
export interface Rule {
  readonly name: string;
  /** Left out in the model of sessions. */
  readonly model?: keyof ModelRules;
  /** Left out in the core, in a copy of its source. */
  readonly planted?: readonly Planted[];
  readonly position: PositionName;
  readonly budget: Partial<Budget>;
  /** In milliseconds, where another lease shows it sooner. */
  readonly leaseMs?: number;
  /** Found by going every way up to this depth; undefined: by random ways. */
  readonly depth?: number;
}

const hearing = `function noteRaftLeader({ state, now }: Turn): void {
  state.silentSince = now;`;
const heardHere = `  becomeFollower(turn, state.term, raftLeader);
  noteRaftLeader(turn);`;

/** Every rule that the argument for the lease needs (quorum: the lease of a session). */
export const rules: readonly Rule[] = [
  {
    name: "count from send",
    model: "countFromSend",
    position: "held",
    budget: { ticks: 12, touches: 3 },
  },
  {
    name: "round after touch",
    model: "roundAfterTouch",
    position: "deposed",
    budget: { ticks: 1, touches: 2 },
    leaseMs: 19,
    depth: 7,
  },
  {
    name: "wait from receipt",
    model: "waitFromReceipt",
    position: "held",
    budget: { ticks: 2, touches: 2 },
    depth: 5,
  },
  {
    name: "bar after deciding",
    model: "barAfterDeciding",
    position: "granted",
    budget: { ticks: 3, touches: 3, disorder: true },
    leaseMs: 19,
  },
  {
    name: "own entry first",
    planted: [
      {
        file: "roles/rounds.ts",
        find: "  if (state.applied < role.firstIndex) return;\n",
        replace: "",
      },
    ],
    position: "decided",
    budget: { ticks: 3, touches: 3 },
  },
  {
    name: "silence since hearing",
    planted: [
      {
        file: "roles/become-follower.ts",
        find: heardHere,
        replace: `  const { silentSince } = state;
${heardHere}
  state.silentSince = silentSince;`,
      },
    ],
    position: "later",
    budget: { ticks: 6, touches: 2 },
  },
  {
    name: "silence since being",
    planted: [
      {
        file: "roles/become-follower.ts",
        find: hearing,
        replace: hearing.replace(
          "silentSince = now",
          'silentSince += state.role.kind === "raft-leader" ? 0 : now - state.silentSince',
        ),
      },
      {
        file: "roles/voting.ts",
        find: `silentMs: state.role.kind === "raft-leader" ? 0 : now - state.silentSince`,
        replace: "silentMs: now - state.silentSince",
      },
    ],
    position: "apart",
    budget: { ticks: 7, touches: 1 },
    leaseMs: 100,
  },
  {
    name: "silence since starting",
    planted: [
      { file: "state.ts", find: "    silentSince: now,", replace: "    silentSince: now - 1000," },
    ],
    position: "apart",
    budget: { ticks: 4, touches: 1, crashes: 1 },
    leaseMs: 100,
  },
  {
    name: "refusal of the vote",
    planted: [
      {
        file: "roles/voting.ts",
        find: "const refusesForMs = forced ? 0",
        replace: `const refusesForMs = forced || request.kind === "vote-request" ? 0`,
      },
    ],
    position: "held",
    budget: { ticks: 4, touches: 1 },
    depth: 9,
  },
  {
    name: "refusal of the own vote",
    planted: [
      {
        file: "roles/pre-candidate.ts",
        find: "const refusesForMs = refusalMs(state, now);",
        replace: "const refusesForMs = 0 * refusalMs(state, now);",
      },
      {
        file: "roles/raft-candidate.ts",
        find: "!forced && refusalMs(state, now) > 0",
        replace: "!forced && refusalMs(state, now) < 0",
      },
    ],
    position: "held",
    budget: { ticks: 4, campaigns: 2 },
    depth: 8,
  },
  {
    name: "resign names its epoch",
    model: "resignNamesEpoch",
    position: "held",
    budget: { ticks: 2, touches: 3, resigns: 3 },
    depth: 8,
  },
  {
    name: "the holder stops before it proposes",
    model: "stopBeforeResign",
    position: "held",
    budget: { ticks: 1, touches: 2, resigns: 1 },
    depth: 4,
  },
  {
    name: "nothing but resign, close and expire takes a grant",
    model: "onlyThreeTake",
    position: "held",
    budget: { ticks: 1, touches: 2, prefers: 1 },
    depth: 4,
  },
  {
    name: "an emptied directory is refused",
    model: "emptiedIsRefused",
    position: "held",
    budget: { ticks: 4, wipes: 1, campaigns: 1, touches: 2 },
  },
  {
    name: "both majorities while joint",
    planted: [
      {
        file: "majority.ts",
        find: "return voters.length > 0 && holds(voters) && (outgoing.length === 0 || holds(outgoing));",
        replace:
          "return voters.length > 0 && holds(voters) && (outgoing.length === 0 || voters.length > 0);",
      },
    ],
    position: "held",
    budget: { ticks: 7, changes: 1 },
  },
  {
    name: "learners note hearing",
    planted: [
      {
        file: "roles/become-follower.ts",
        find: heardHere,
        replace: `  const { silentSince } = state;
${heardHere}
  if (!state.log.members.voters.includes(state.id)) state.silentSince = silentSince;`,
      },
    ],
    position: "promoted",
    budget: { ticks: 9, touches: 2, crashes: 1, disorder: true },
  },
  {
    name: "an outgoing raft leader does not count itself",
    planted: [
      {
        file: "roles/rounds.ts",
        find: "  if (!hasMajority(log.members, (id) => id === self || rounds.acknowledged.has(id))) return;",
        replace: `  const { voters, outgoing } = log.members;
  const most = (ids: readonly NodeId[]): boolean =>
    [self, ...ids.filter((id) => rounds.acknowledged.has(id))].length * 2 > ids.length;
  if (!hasMajority(log.members, () => true)) return;
  if (!most(voters) || (outgoing.length > 0 && !most(outgoing))) return;`,
      },
    ],
    position: "leaving",
    budget: { ticks: 9, touches: 3 },
  },
  {
    name: "one change at a time",
    planted: [
      {
        file: "roles/raft-leader.ts",
        find: "if (log.membersIndex > state.commit || isJoint(log.members)) {",
        replace: "if (log.membersIndex < 0 && isJoint(log.members)) {",
      },
    ],
    position: "held",
    budget: { ticks: 4, changes: 3 },
  },
];
