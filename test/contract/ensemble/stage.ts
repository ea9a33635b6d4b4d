import type { Scheduler } from "../../../src/base/scheduler.ts";
import type { ZooKeeperClient } from "../../../src/zookeeper/client.ts";
import type { Transport } from "../../../src/zookeeper/transport/transport.ts";

/** One server of the ensemble, as the clauses may treat it. */
export interface Member {
  readonly address: { readonly host: string; readonly port: number };
  /** Undefined while it serves nobody. */
  role(): Promise<"leader" | "follower" | undefined>;
  /** Cuts it off from the other servers, but not from its clients. Nobody is told. */
  isolate(): void;
  /** Lets it talk to the others again. */
  rejoin(): void;
  /** Its process stands still. */
  pause(): void;
  resume(): void;
  /** Whether its ping replies keep from the leader which sessions it has heard of. */
  withholdTouches(withheld: boolean): void;
}

/** What the model of the ensemble and real servers must agree on. */
export interface ContractStage {
  readonly members: readonly Member[];
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly tickMs: number;
  /** After so many ticks of silence a server gives up its leader, or its leadership. */
  readonly syncLimit: number;
  /** How late anything may be that happens on this machine. */
  readonly slackMs: number;
  /** A client with a session of its own, connected to one of `members`, or to any. */
  readonly connect: (members?: readonly Member[]) => Promise<ZooKeeperClient>;
  /** Ends a client in order. */
  readonly close: (client: ZooKeeperClient) => Promise<void>;
}

export interface ContractClause {
  readonly name: string;
  readonly check: (stage: ContractStage) => Promise<void>;
}

export interface Roles {
  readonly leader: Member;
  readonly follower: Member;
  readonly otherFollower: Member;
}

const never = new AbortController().signal;
const roleReadEveryMs = 50;

/** Waits until every server of three serves. */
export async function rolesOf({ members, scheduler }: ContractStage): Promise<Roles> {
  for (;;) {
    const roles = await Promise.all(members.map((member) => member.role()));
    const [follower, otherFollower] = members.filter((_, index) => roles[index] === "follower");
    const leader = members.find((_, index) => roles[index] === "leader");
    if (leader !== undefined && follower !== undefined && otherFollower !== undefined) {
      return { leader, follower, otherFollower };
    }
    await scheduler.sleep(roleReadEveryMs, never);
  }
}
