import type { Contender, ContenderName } from "../peers/contender.ts";
import type { Grounds } from "../peers/grounds.ts";
import { Service } from "../peers/service.ts";
import { longestGapMs } from "./gaps.ts";
import type { MeasureOptions, Results, Samples } from "./samples.ts";

const candidates = 3;
const intervalMs = 100;
/** How long a server that was killed stays away. */
const absenceMs = 5_000;
const settleMs = { least: 4_000, most: 5_400 };
const quietLimitMs = 60_000;

/** What is done to the servers of all contenders at the same time. */
interface Blow {
  readonly row: string;
  readonly strike: (grounds: Grounds) => Promise<void>;
}

const leaderKilled: Blow = {
  row: "ensemble-leader-ms",
  strike: async (grounds) => {
    const { servers } = grounds.stage;
    const modes = await Promise.all(servers.map((server) => server.mode()));
    const leading = servers[modes.indexOf("leader")];
    if (leading === undefined) throw new Error("no server leads the ensemble");
    await Promise.all([leading.kill("SIGKILL"), grounds.etcd?.kill("leader")]);
    await Bun.sleep(absenceMs);
    await Promise.all([leading.restart(), grounds.etcd?.restart()]);
  },
};

const restarted: Blow = {
  row: "ensemble-restart-ms",
  strike: async (grounds) => {
    const { servers } = grounds.stage;
    await Promise.all([...servers.map((server) => server.stop()), grounds.etcd?.kill("all")]);
    await Promise.all([...servers.map((server) => server.restart()), grounds.etcd?.restart()]);
  },
};

/** SIGKILL of the server that leads the others, which comes back after a while. */
export async function ensembleLeaderKilled(options: MeasureOptions): Promise<Results> {
  return await endured(options, leaderKilled);
}

/** SIGKILL of all servers, which are started again at once. */
export async function ensembleRestarted(options: MeasureOptions): Promise<Results> {
  return await endured(options, restarted);
}

/** All contenders stand on servers that are struck; how long nobody leads. */
async function endured({ grounds, rounds }: MeasureOptions, blow: Blow): Promise<Results> {
  const random = grounds.random.fork(blow.row);
  await using owned = new AsyncDisposableStack();
  const services = grounds.contenders.map((contender: Contender) =>
    owned.use(new Service(grounds, contender, blow.row, { intervalMs })),
  );
  await Promise.all(services.map((service) => service.joinAll(candidates)));
  const gaps = new Map<ContenderName, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    await Bun.sleep(random.between(settleMs.least, settleMs.most));
    const struckAt = performance.now();
    await blow.strike(grounds);
    await Bun.sleep(settleMs.least);
    await Promise.all(
      services.map(async (service) => {
        const { name } = service.contender;
        // Whoever has led at the blow may come to stop only now, so all of it is looked at.
        await service.untilStanding(candidates, quietLimitMs);
        await service.effects.next(() => true, quietLimitMs);
        const gap = longestGapMs(service.effects.effects, struckAt - intervalMs);
        gaps.set(name, [...(gaps.get(name) ?? []), Math.max(0, gap - intervalMs)]);
      }),
    );
  }
  const entries = [...gaps].map(([name, ms]): [ContenderName, Samples] => [
    name,
    { [blow.row]: ms },
  ]);
  return { samples: new Map(entries), failures: new Map() };
}
