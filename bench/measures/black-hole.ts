import { Relay } from "../../test/chaos/arena/relay.ts";
import type { Contender } from "../peers/contender.ts";
import type { Grounds } from "../peers/grounds.ts";
import { limitMs, Service } from "../peers/service.ts";
import type { Samples } from "./samples.ts";

const candidates = 3;
const intervalMs = 100;
const settleMs = { least: 1_000, most: 2_400 };
/** How long the old leader is looked at after the next one has started, and after the cure. */
const watchedMs = { beside: 2_000, after: 1_000 };

/**
 * The leader's bytes vanish, in both directions and without a word to either side: when it stops
 * acting, when the next one starts, and for how long both act.
 */
export async function blackHoles(
  grounds: Grounds,
  contender: Contender,
  rounds: number,
): Promise<Samples> {
  const random = grounds.random.fork(`black hole ${contender.name}`);
  await using wires = new AsyncDisposableStack();
  const relays = new Map<string, readonly Relay[]>();
  const serversFor = async (name: string): Promise<string> => {
    const addresses = grounds.serversOf(contender);
    const own = await Promise.all(addresses.map((address) => Relay.open(address)));
    for (const relay of own) wires.use(relay);
    relays.set(name, own);
    return own.map(({ address }) => address).join(",");
  };
  await using service = new Service(grounds, contender, "hole", { intervalMs, serversFor });
  await service.joinAll(candidates);

  const [stops, starts, overlaps]: number[][] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    await Bun.sleep(random.between(settleMs.least, settleMs.most));
    const { process: leader, effect } = service.leader;
    const own = relays.get(leader.name) ?? [];
    const next = service.effects.next(({ term }) => term !== effect.term, limitMs);
    const cutAt = performance.now();
    for (const relay of own) relay.silence();
    const startedAt = (await next).at;
    await Bun.sleep(watchedMs.beside);
    for (const relay of own) relay.restore();
    await Bun.sleep(watchedMs.after);

    const old = service.effects.since(cutAt).filter(({ term }) => term === effect.term);
    const stoppedAt = old.at(-1)?.at ?? cutAt;
    stops?.push(stoppedAt - cutAt);
    starts?.push(startedAt - cutAt);
    overlaps?.push(Math.max(0, stoppedAt - startedAt));
    await service.replace(leader);
    await service.untilStanding(candidates);
  }
  return {
    "hole-stop-ms": stops ?? [],
    "hole-next-ms": starts ?? [],
    "hole-overlap-ms": overlaps ?? [],
  };
}
