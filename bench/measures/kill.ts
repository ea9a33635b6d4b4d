import type { Contender } from "../peers/contender.ts";
import type { Grounds } from "../peers/grounds.ts";
import { limitMs, Service } from "../peers/service.ts";
import type { Samples } from "./samples.ts";

const candidates = 3;
const settleMs = { least: 500, most: 1_900 };

/** SIGKILL of a leader, which a supervisor starts anew, to the successor's first effect. */
export async function kills(
  grounds: Grounds,
  contender: Contender,
  rounds: number,
): Promise<Samples> {
  return { "kill-ms": await killed(grounds, contender, rounds, false) };
}

/** The same where a start releases what the killed process held. Only the daemon has this. */
export async function releasedKills(
  grounds: Grounds,
  contender: Contender,
  rounds: number,
): Promise<Samples> {
  if (contender.name !== "election") return {};
  return { "kill-released-ms": await killed(grounds, contender, rounds, true) };
}

async function killed(
  grounds: Grounds,
  contender: Contender,
  rounds: number,
  stateDir: boolean,
): Promise<readonly number[]> {
  const label = stateDir ? "kill-released" : "kill";
  const random = grounds.random.fork(`${label} ${contender.name}`);
  await using service = new Service(grounds, contender, label, { intervalMs: 1_000, stateDir });
  await service.joinAll(candidates);
  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await Bun.sleep(random.between(settleMs.least, settleMs.most));
    const { process: leader, effect } = service.leader;
    const successor = service.effects.next(({ term }) => term !== effect.term, limitMs);
    const killedAt = performance.now();
    leader.kill("SIGKILL");
    samples.push((await successor).at - killedAt);
    await service.untilStanding(candidates);
  }
  return samples;
}
