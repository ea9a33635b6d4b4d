import type { Contender } from "../peers/contender.ts";
import type { Grounds } from "../peers/grounds.ts";
import { limitMs, Service } from "../peers/service.ts";
import type { Samples } from "./samples.ts";

const mostPauseMs = 500;

/** Start of a process to its first effect, each time on an empty path and directory. */
export async function startUps(
  grounds: Grounds,
  contender: Contender,
  rounds: number,
): Promise<Samples> {
  const random = grounds.random.fork(`start ${contender.name}`);
  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await using service = new Service(grounds, contender, `start-${round}`, { intervalMs: 1_000 });
    await Bun.sleep(random.between(0, mostPauseMs));
    const effect = service.effects.next(() => true, limitMs);
    const startedAt = performance.now();
    await service.join();
    samples.push((await effect).at - startedAt);
  }
  return { "start-ms": samples };
}
