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
/** Three sessions, and what the way back takes. */
const returnLimitMs = 15_000;

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
  const failures = new Map<ContenderName, string>();
  await Bun.sleep(random.between(settleMs.least, settleMs.most));
  for (let round = 0; round < rounds; round += 1) {
    const struckAt = performance.now();
    await blow.strike(grounds);
    // Whoever has led at the blow may come to stop only now, so all of it is looked at.
    await Bun.sleep(random.between(settleMs.least, settleMs.most));
    await Promise.all(
      services.map(async (service) => {
        const { name } = service.contender;
        if (failures.has(name)) return;
        try {
          const gap = await overcome(service, struckAt);
          gaps.set(name, [...(gaps.get(name) ?? []), gap]);
        } catch (error) {
          const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
          failures.set(name, `not after round ${round + 1}: ${reason}`);
        }
      }),
    );
  }
  const entries = [...gaps].map(([name, ms]): [ContenderName, Samples] => [
    name,
    { [blow.row]: ms },
  ]);
  return { samples: new Map(entries), failures };
}

/** How long nobody led since the blow, once all take part again. */
async function overcome(service: Service, struckAt: number): Promise<number> {
  await service.untilStanding(candidates, returnLimitMs).catch(async () => {
    // A candidate that does not find back is started anew, as its operator would have to.
    process.stderr.write(`  ${service.contender.name}: a candidate has not come back\n`);
    const { process: leader } = service.leader;
    const others = service.processes.filter((candidate) => candidate !== leader);
    await service.end(others);
    for (const _ of others) await service.join();
    await service.untilStanding(candidates);
  });
  await service.effects.next(() => true, quietLimitMs);
  const gap = longestGapMs(service.effects.effects, struckAt - intervalMs);
  return Math.max(0, gap - intervalMs);
}
