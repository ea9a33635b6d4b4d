import type { Contender } from "../peers/contender.ts";
import { type Grounds, sessionMs } from "../peers/grounds.ts";
import { Service } from "../peers/service.ts";
import type { Samples } from "./samples.ts";

const candidates = 3;
const intervalMs = 100;
const settleMs = { least: 1_000, most: 2_400 };
/** SIGSTOP lets whoever is in a system call leave it first. */
const stoppingMs = 50;
const watchedMs = 2_000;

/**
 * SIGSTOP of the leader for two sessions, and SIGCONT: what it still does after waking, while
 * another one leads. A file that was begun before the pause, and lacks its final name then, counts
 * as under way, and is told apart.
 */
export async function pauses(
  grounds: Grounds,
  contender: Contender,
  rounds: number,
): Promise<Samples> {
  const random = grounds.random.fork(`pause ${contender.name}`);
  await using service = new Service(grounds, contender, "pause", { intervalMs });
  await service.joinAll(candidates);
  const all: number[] = [];
  const beyond: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await Bun.sleep(random.between(settleMs.least, settleMs.most));
    const { process: leader, effect } = service.leader;
    leader.kill("SIGSTOP");
    await Bun.sleep(stoppingMs);
    const underWay = service.unfinished(effect.term);
    await Bun.sleep(2 * sessionMs - stoppingMs);
    const wokenAt = performance.now();
    leader.kill("SIGCONT");
    await Bun.sleep(watchedMs);
    const late = service.effects.since(wokenAt).filter(({ term }) => term === effect.term).length;
    all.push(late);
    beyond.push(Math.max(0, late - underWay));
    await service.replace(leader);
    await service.untilStanding(candidates);
  }
  return { "pause-effects": all, "pause-beyond": beyond };
}
