import type { ReplicaInfo } from "../../election/ports/coordinator.ts";
import type { Resource } from "../../election/failure.ts";
import {
  type ElectionEvent,
  type EventOf,
  type Fact,
  ignored,
  type Observer,
  react,
  type Reactions,
  type TransitionEvent,
} from "../../election/ports/observer.ts";
import { type Instant, remainingMs, type Scheduler } from "../../base/scheduler.ts";
import type {
  CommandStatus,
  CoordinatorStatus,
  FilesStatus,
  LeaderStatus,
  ResourceStatus,
  SettingStatus,
  Status,
  TransitionStatus,
} from "../../election/status.ts";
import { stateNames, transitions } from "../../election/transitions.ts";
import type { LeadershipHistory } from "./leadership-history.ts";
import type { Present } from "./present.ts";
import { Ring } from "./ring.ts";

/** How many transitions and how many files are remembered. */
const historyLength = 100;
const latestFiles = 20;

interface StatusBoardOptions {
  readonly scheduler: Scheduler;
  /** Must hear every event before the board does. */
  readonly present: Present;
  /** What the replica says of itself. */
  readonly self: () => ReplicaInfo;
  readonly version: string;
  /** What the coordinator is called. */
  readonly coordinatorName: string;
  readonly settings: () => readonly SettingStatus[];
  /** Must hear every event before the board does. */
  readonly history: LeadershipHistory;
  /** How long nobody leads at most, in each kind of change. */
  readonly failover: () => Status["failover"];
  readonly logLinesDropped: () => number;
}

/** Keeps the picture that /status and /leader give. */
export class StatusBoard implements Observer {
  readonly #options: StatusBoardOptions;
  readonly #transitions = new Ring<TransitionStatus>(historyLength);
  readonly #files = new Ring<FilesStatus["latest"][number]>(latestFiles);
  readonly #resources: Record<Resource, ResourceStatus>;
  readonly #startedAt: string;
  #stateSince: string;
  #last: TransitionEvent | undefined;
  #leader: LeaderStatus | undefined;
  readonly #edges = new Map<string, number>();
  #command: CommandStatus | null = null;
  #standing: Status["standing"] = null;
  #restsUntil: Instant | undefined;
  #connection: CoordinatorStatus["connection"] = null;
  #connectionFacts: readonly Fact[] = [];
  #timeoutFacts: readonly Fact[] = [];
  #written = 0;
  #pruned = 0;
  readonly #reactions: Reactions = {
    transition: (event) => this.#transition(event),
    attempt: (event) => this.#attempt(event),
    resting: (event) => this.#rest(event),
    standing: ({ standing }) => {
      this.#standing = standing;
    },
    "leader-seen": ({ leader, epoch }) => this.#see(leader, epoch.toString()),
    connection: (event) => this.#connect(event),
    "timeout-granted": ({ facts }) => {
      this.#timeoutFacts = facts;
    },
    repair: ({ resource, failure }) => this.#judge(resource, failure?.detail),
    "file-written": (event) => this.#write(event),
    "files-pruned": ({ count }) => {
      this.#pruned += count;
    },
    command: (event) => this.#follow(event),
    "waiting-out": ignored,
    // The present picture follows it.
    lease: ignored,
    request: ignored,
    "command-output": ignored,
    notice: ignored,
  };

  constructor(options: StatusBoardOptions) {
    this.#options = options;
    this.#startedAt = this.#time();
    this.#stateSince = this.#startedAt;
    const unknown: ResourceStatus = { health: "unknown", detail: null, since: this.#stateSince };
    this.#resources = { coordinator: unknown, duty: unknown };
  }

  /** Who leads, as far as is known here. */
  leader(): LeaderStatus | undefined {
    const { present, self } = this.#options;
    if (present.isLeader) {
      const epoch = present.epoch?.toString() ?? null;
      return { ...self(), epoch, since: this.#stateSince, seenAt: this.#time() };
    }
    return this.#leader;
  }

  status(): Status {
    const { present, self, version, settings, history, failover, logLinesDropped } = this.#options;
    const { renewalAgeMs } = present;
    return {
      version,
      replica: { ...self(), since: this.#startedAt },
      state: present.state,
      stateSince: this.#stateSince,
      stateMs: Math.round(present.stateMs),
      reason: this.#last?.reason ?? null,
      detail: this.#last?.detail ?? null,
      isLeader: present.isLeader,
      epoch: present.epoch?.toString() ?? null,
      lease:
        renewalAgeMs === undefined
          ? null
          : {
              remainingMs: Math.round(present.leaseRemainingMs),
              renewalAgeMs: Math.round(renewalAgeMs),
            },
      leader: this.leader() ?? null,
      standing: this.#standing,
      resting: this.#resting(),
      coordinator: this.#coordinator(),
      duty: this.#resources.duty,
      files: {
        written: this.#written,
        pruned: this.#pruned,
        latest: this.#files.latestFirst(),
      },
      command: this.#command,
      edges: stateNames.flatMap((from) =>
        transitions[from].map((to) => ({ from, to, count: this.#taken(from, to) })),
      ),
      transitions: this.#transitions.latestFirst(),
      leaderships: history.latestFirst(),
      settings: settings(),
      failover: failover(),
      logLinesDropped: logLinesDropped(),
    };
  }

  observe(event: ElectionEvent): void {
    react(this.#reactions, event);
  }

  #transition(event: TransitionEvent): void {
    const { from, to, reason, detail, failed, epoch } = event;
    const at = this.#time();
    this.#stateSince = at;
    this.#last = event;
    this.#edges.set(`${from} ${to}`, this.#taken(from, to) + 1);
    this.#transitions.add({ at, from, to, reason, detail, epoch: epoch?.toString() ?? null });
    // Who leads is told again by the next attempt; our own place in line by the next registration,
    // or by the next look at it: the leader before us stood in the line that we knew.
    if (from === "Leader" || to === "Failover" || to === "Leader") this.#leader = undefined;
    this.#standing = null;
    if (to === "Attempter" && from === "Init") {
      this.#judge("coordinator", undefined);
      this.#judge("duty", undefined);
    }
    if (failed !== undefined) this.#judge(failed, detail);
  }

  #attempt({ outcome, leader }: EventOf<"attempt">): void {
    if (outcome === "won" || outcome === "led") this.#judge("coordinator", undefined);
    if (outcome === "led") this.#see(leader, this.#leader?.epoch ?? null);
  }

  #rest({ until, change, leader }: EventOf<"resting">): void {
    this.#restsUntil = until;
    if (change === "led") this.#see(leader, this.#leader?.epoch ?? null);
    if (change === "vacant") this.#leader = undefined;
  }

  #write({ file, epoch }: EventOf<"file-written">): void {
    this.#written += 1;
    this.#files.add({ at: this.#time(), file, epoch: epoch.toString() });
    this.#judge("duty", undefined);
  }

  #follow({ change, epoch, status, detail }: EventOf<"command">): void {
    const since = this.#time();
    this.#command = { change, since, epoch: epoch.toString(), status: status ?? null, detail };
  }

  #see(leader: ReplicaInfo | undefined, epoch: string | null): void {
    this.#leader = leader && { ...leader, epoch, seenAt: this.#time() };
  }

  #taken(from: string, to: string): number {
    return this.#edges.get(`${from} ${to}`) ?? 0;
  }

  /** While a step-down keeps the replica from standing. */
  #resting(): Status["resting"] {
    const { scheduler } = this.#options;
    const leftMs = this.#restsUntil === undefined ? 0 : remainingMs(scheduler, this.#restsUntil);
    return leftMs === 0 ? null : { remainingMs: Math.ceil(leftMs) };
  }

  #coordinator(): CoordinatorStatus {
    const { coordinatorName: name } = this.#options;
    const facts = [...this.#connectionFacts, ...this.#timeoutFacts];
    return { name, ...this.#resources.coordinator, connection: this.#connection, facts };
  }

  #connect({ change, detail, facts }: EventOf<"connection">): void {
    this.#connection = { change, detail, since: this.#time() };
    this.#connectionFacts = facts;
    const works = change === "connected" || change === "resumed";
    this.#judge("coordinator", works ? undefined : detail);
  }

  /** Notes whether a resource works; `since` moves only when that, or the reason, changes. */
  #judge(resource: Resource, problem: string | undefined): void {
    const health = problem === undefined ? "good" : "failed";
    const before = this.#resources[resource];
    const detail = problem ?? null;
    if (before.health === health && before.detail === detail) return;
    const since = before.health === health ? before.since : this.#time();
    this.#resources[resource] = { health, detail, since };
  }

  #time(): string {
    return this.#options.scheduler.wallClock().toISOString();
  }
}
