import type { ZooKeeperServer } from "../../integration/zookeeper-server.ts";
import { crashFaults } from "./crash-faults.ts";
import type { Fault, Scene } from "./fault.ts";
import { lateFaults } from "./late-faults.ts";
import { bounds, ids, sessionMs, syncLimit, tickMs } from "../judge/terms.ts";

/** Long enough that a successor leads before it is over. */
const twoSessionsMs = 2 * sessionMs;

/** Within this time a replica finds a server that follows. */
const movingLimitMs = 10 * sessionMs;

/** What we do to the replicas, their wires and their servers. */
export const replicaFaults: readonly Fault[] = [
  {
    name: "leader SIGTERM",
    boundMs: bounds.handOver,
    countsFrom: "fault",
    strike: async ({ leader, choice }) => {
      await leader.end("SIGTERM");
      return { holdMs: choice.between(0, 1_000), heal: () => leader.restart() };
    },
  },
  {
    name: "leader SIGKILL",
    boundMs: bounds.expiry,
    countsFrom: "fault",
    stateDir: "none",
    strike: async ({ leader, choice }) => {
      await leader.end("SIGKILL");
      return { holdMs: choice.between(0, twoSessionsMs), heal: () => leader.restart() };
    },
  },
  {
    name: "leader and another SIGKILL",
    boundMs: bounds.blindExpiry,
    countsFrom: "fault",
    stateDir: "none",
    strike: async ({ arena, leader, choice }) => {
      const others = arena.contenders.filter((contender) => contender !== leader);
      const victims = [leader, ...choice.shuffled(others).slice(1)];
      await Promise.all(victims.map((victim) => victim.end("SIGKILL")));
      const heal = (): void => victims.forEach((victim) => victim.restart());
      return { holdMs: choice.between(0, twoSessionsMs), heal };
    },
  },
  {
    name: "leader SIGSTOP, SIGCONT",
    boundMs: bounds.expiry,
    countsFrom: "fault",
    strike: ({ leader }) => {
      leader.pause();
      return { holdMs: twoSessionsMs, heal: () => leader.resume() };
    },
  },
  {
    name: "leader SIGSTOP, briefly",
    boundMs: bounds.expiry,
    countsFrom: "fault",
    strike: ({ leader, choice }) => {
      leader.pause();
      return { holdMs: choice.between(0, sessionMs), heal: () => leader.resume() };
    },
  },
  {
    name: "all replicas SIGSTOP",
    boundMs: bounds.blindExpiry,
    countsFrom: "healing",
    strike: ({ arena: { contenders }, choice }) => {
      for (const contender of contenders) contender.pause();
      const heal = (): void => choice.shuffled(contenders).forEach((victim) => victim.resume());
      return { holdMs: twoSessionsMs, heal };
    },
  },
  {
    name: "connection black-holed",
    boundMs: bounds.expiry,
    countsFrom: "fault",
    strike: ({ leader }) => {
      leader.silence();
      return { holdMs: twoSessionsMs, heal: () => leader.restore() };
    },
  },
  {
    name: "black-holed briefly",
    boundMs: bounds.expiry,
    countsFrom: "fault",
    strike: ({ leader, choice }) => {
      leader.silence();
      return { holdMs: choice.between(0, sessionMs), heal: () => leader.restore() };
    },
  },
  {
    name: "all replicas black-holed",
    boundMs: bounds.blindExpiry,
    countsFrom: "healing",
    strike: ({ arena: { contenders } }) => {
      for (const contender of contenders) contender.silence();
      const heal = (): void => contenders.forEach((victim) => victim.restore());
      return { holdMs: twoSessionsMs, heal };
    },
  },
  {
    name: "connections reset",
    boundMs: bounds.expiry,
    countsFrom: "fault",
    strike: async ({ leader, choice }) => {
      const times = Math.ceil(choice.between(0, 5));
      for (let time = 0; time < times; time += 1) {
        leader.reset();
        await Bun.sleep(choice.between(0, 300));
      }
      return { holdMs: 0, heal: () => undefined };
    },
  },
  {
    name: "its server stopped",
    boundMs: bounds.serverElection,
    countsFrom: "fault",
    strike: async (scene) => {
      const { server, detail } = await serverOf(scene);
      await server.kill("SIGSTOP");
      const holdMs = scene.choice.between(twoSessionsMs, 2 * twoSessionsMs);
      return { holdMs, heal: () => server.kill("SIGCONT"), detail };
    },
  },
  {
    name: "its server killed",
    boundMs: bounds.serverElection,
    countsFrom: "fault",
    strike: async (scene) => {
      const { server, detail } = await serverOf(scene);
      await server.stop();
      const holdMs = scene.choice.between(0, twoSessionsMs);
      return { holdMs, heal: () => server.restart(), detail };
    },
  },
  {
    name: "its server isolated",
    boundMs: bounds.serverElection,
    countsFrom: "fault",
    strike: async (scene) => {
      const { network } = scene.arena;
      const { index, detail } = await serverOf(scene);
      network.isolate(index);
      const holdMs = syncLimit * tickMs + sessionMs;
      return { holdMs, heal: () => network.rejoin(index), detail };
    },
  },
  {
    // The ping hole: a follower that is cut off goes on answering its clients' pings.
    name: "its follower isolated",
    boundMs: bounds.serverElection,
    countsFrom: "fault",
    strike: async (scene) => {
      await moveToFollower(scene);
      const since = performance.now();
      const { network } = scene.arena;
      const { index, detail } = await serverOf(scene);
      network.isolate(index);
      const holdMs = syncLimit * tickMs + sessionMs;
      return { holdMs, heal: () => network.rejoin(index), detail, since };
    },
  },
  {
    name: "all servers killed",
    boundMs: bounds.reunion,
    countsFrom: "healing",
    strike: async ({ arena: { servers }, choice }) => {
      await Promise.all(servers.map((server) => server.stop()));
      const heal = async (): Promise<void> => {
        await Promise.all(servers.map((server) => server.restart()));
      };
      return { holdMs: choice.between(0, twoSessionsMs), heal };
    },
  },
];

/** Everything that we do to them, and to their directory. */
export const faults: readonly Fault[] = [
  ...replicaFaults,
  {
    name: "directory full",
    boundMs: bounds.handOver,
    countsFrom: "healing",
    strike: ({ arena: { directory } }) => {
      // What is freed by writes that failed is taken as well.
      const filling = setInterval(() => directory.fill(), 10);
      const heal = (): void => {
        clearInterval(filling);
        directory.makeRoom();
      };
      return { holdMs: sessionMs, heal };
    },
  },
  ...directoryFaults("all", () => ids, "healing"),
  ...directoryFaults("leader's", ({ leader }) => [leader.id], "fault"),
  ...crashFaults,
  ...lateFaults,
];

/** Faults of the directory, for some replicas: those who see another one sound take over. */
function directoryFaults(
  whose: string,
  victimsOf: (scene: Scene) => readonly string[],
  countsFrom: Fault["countsFrom"],
): readonly Fault[] {
  const terms = { boundMs: bounds.handOver, countsFrom };
  return [
    {
      ...terms,
      name: `directory read-only, ${whose}`,
      strike: async (scene) => {
        const { directory } = scene.arena;
        const victims = victimsOf(scene);
        await directory.makeReadOnly(victims);
        return { holdMs: sessionMs, heal: () => directory.makeWritable(victims) };
      },
    },
    {
      ...terms,
      name: `directory unmounted, ${whose}`,
      strike: (scene) => {
        const { directory } = scene.arena;
        const victims = victimsOf(scene);
        directory.unmount(victims);
        return { holdMs: sessionMs, heal: () => directory.mount(victims) };
      },
    },
  ];
}

/** The server that the leader is connected to, and what it is among the servers. */
async function serverOf({ arena, leader }: Scene): Promise<{
  readonly index: number;
  readonly server: ZooKeeperServer;
  readonly detail: string;
}> {
  const index = leader.server ?? 0;
  const server = arena.servers[index];
  if (server === undefined) throw new Error(`there is no server ${index}`);
  return { index, server, detail: `a ${await server.mode()}` };
}

/** Breaks the leader's connection until it finds another server than the one that leads them. */
async function moveToFollower(scene: Scene): Promise<void> {
  const { leader } = scene;
  const deadline = performance.now() + movingLimitMs;
  while (performance.now() < deadline) {
    if (leader.server !== undefined) {
      const { server } = await serverOf(scene);
      if ((await server.mode()) === "follower") return;
      leader.reset();
    }
    // A renewal in between keeps the lease.
    await Bun.sleep(sessionMs / 4);
  }
}
