import type {
  Coordinator,
  ReplicaId,
  ReplicaInfo,
} from "../../../src/election/ports/coordinator.ts";
import type { Scheduler } from "../../../src/base/scheduler.ts";
import { ZooKeeperCoordination } from "../../../src/coordination/zookeeper/coordination.ts";
import type { ServerAddress } from "../../../src/zookeeper/connection-string.ts";
import type { Transport } from "../../../src/zookeeper/transport/transport.ts";
import { Recorder } from "../../fake/election.ts";
import type { ContractReplica } from "./stage.ts";

/** The requests by which a client changes something. */
const writing = new Set(["create", "delete", "setData", "setAcl", "multi"]);

/** Where a replica's process lives, and what keeps it from the servers. */
export interface ReplicaSeat extends Pick<ContractReplica, "cut" | "deafen" | "heal" | "crash"> {
  readonly scheduler: Scheduler;
  readonly transport: Transport;
}

/** How the service of one clause is found. */
export interface ContractService {
  readonly servers: readonly ServerAddress[];
  readonly path: string;
  readonly sessionTimeoutMs: number;
}

/** A replica of a service on ZooKeeper. */
export function zooKeeperReplica(
  id: string,
  { servers, path, sessionTimeoutMs }: ContractService,
  seat: ReplicaSeat,
): ContractReplica {
  const { scheduler, transport } = seat;
  const config = {
    zkServers: { servers, chroot: "" },
    zkPath: path,
    sessionTimeoutMs,
    zkTlsCa: null,
    zkTlsCert: null,
    zkTlsKey: null,
    zkAuth: null,
    zkAuthFile: null,
  };
  const info: ReplicaInfo = {
    replica: id as ReplicaId,
    host: `host-of-${id}`,
    pid: 1,
    httpAddress: "127.0.0.1:8080",
    since: scheduler.wallClock().toISOString(),
  };
  const events = new Recorder();
  const coordination = new ZooKeeperCoordination(config, scheduler, transport);
  const coordinator: Coordinator = coordination.coordinator({
    observer: events,
    describe: () => info,
    records: undefined,
    tell: () => undefined,
  });
  return {
    coordinator,
    coordination,
    info,
    events,
    get writes() {
      return events.of("request").filter(({ operation }) => writing.has(operation)).length;
    },
    cut: () => seat.cut(),
    deafen: () => seat.deafen(),
    heal: () => seat.heal(),
    crash: () => seat.crash(),
  };
}
