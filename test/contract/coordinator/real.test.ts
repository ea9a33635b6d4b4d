import { afterAll, beforeAll, test } from "bun:test";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import { GatedTransport } from "../../fake/gated-transport.ts";
import { startEnsemble, type ZooKeeperServer } from "../../integration/zookeeper-server.ts";
import { contract } from "./clauses.ts";
import { Play } from "./play.ts";
import type { CoordinatorClause } from "./stage.ts";
import { type ReplicaSeat, zooKeeperReplica } from "./zookeeper-replica.ts";

const sessionTimeoutMs = 4_000;
const tickTimeMs = 500;
const limitMs = 60_000;
/** How late a busy machine may be. */
const slackMs = 1_500;
let servers: readonly ZooKeeperServer[] = [];
let played: ReadonlyMap<CoordinatorClause, Promise<void>> = new Map();

beforeAll(async () => {
  servers = await startEnsemble(3, { tickTimeMs });
  // All at once: they wait for most of the time, and share nothing but the servers.
  played = new Map(contract.map((clause, index) => [clause, onServers(clause, index)]));
  for (const playing of played.values()) playing.catch(() => undefined);
}, limitMs);

afterAll(async () => {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
});

test.each(contract.map((clause) => [clause.name, clause] as const))(
  "contract, real ZooKeeper servers: %s",
  async (_name, clause) => {
    await played.get(clause);
  },
  limitMs,
);

async function onServers({ check }: CoordinatorClause, index: number): Promise<void> {
  const scheduler = new RealScheduler();
  const service = {
    servers: servers.map(({ address }) => address),
    path: `/contract/clause-${index}`,
    sessionTimeoutMs,
  };
  const play = new Play({
    replica: (id) => zooKeeperReplica(id, service, seatOf(scheduler)),
    scheduler,
    slackMs,
    forgottenMs: sessionTimeoutMs + 1.5 * tickTimeMs,
  });
  await check(play);
  await play.end();
}

/** A process in this one, which only its network tells from the others. */
function seatOf(scheduler: RealScheduler): ReplicaSeat {
  const transport = new GatedTransport(new TcpTransport());
  return {
    scheduler,
    transport,
    cut: () => transport.shut(),
    deafen: () => transport.deafen(),
    heal: () => transport.open(),
    crash: () => transport.shut(),
  };
}
