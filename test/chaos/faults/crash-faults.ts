import { existsSync, readdirSync } from "node:fs";
import type { Contender, Released } from "../arena/contender.ts";
import type { Fault, Scene, Struck } from "./fault.ts";
import { bounds, calmingLimitMs, sessionMs } from "../judge/terms.ts";

/** What a supervisor waits before it restarts who died: systemd's RestartSec, by default. */
const restartMs = 100;
/** Long enough for a renewal to be missed, short enough for the lease to go on. */
const briefStopMs = sessionMs / 4;

const terms = { boundMs: bounds.handOver, countsFrom: "fault", stateDir: "kept" } as const;

/** Replicas that keep their sessions' keys, killed under a supervisor that restarts them. */
export const crashFaults: readonly Fault[] = [
  {
    ...terms,
    name: "SIGKILL, restarted",
    strike: async (scene) => {
      await killAndRestart([scene.leader]);
      return afterwards(scene);
    },
  },
  {
    ...terms,
    name: "SIGKILL, restarted, release",
    strike: async (scene) => {
      const { leader } = scene;
      await leader.end("SIGKILL");
      // As ExecStopPost and Restart do, but without a word on which of them is first.
      const others = Array.from({ length: 2 }, () => leader.release());
      await Bun.sleep(scene.choice.between(0, restartMs));
      leader.restart();
      const released = await Promise.all(others);
      return afterwards(scene, () => released.flatMap((release) => failureOf(release)));
    },
  },
  {
    ...terms,
    name: "all SIGKILL, restarted",
    strike: async (scene) => {
      await killAndRestart(scene.choice.shuffled(scene.arena.contenders));
      return afterwards(scene);
    },
  },
  {
    ...terms,
    name: "SIGSTOP, SIGKILL, restarted",
    strike: async (scene) => {
      const { leader, choice } = scene;
      leader.pause();
      await Bun.sleep(choice.between(0, briefStopMs));
      const since = performance.now();
      await killAndRestart([leader]);
      return { ...afterwards(scene), since };
    },
  },
  {
    ...terms,
    // The first in line is killed, too, so nobody may have seen the last renewal.
    boundMs: bounds.blindExpiry,
    name: "SIGSTOP, others restarted",
    strike: async (scene) => {
      const { arena, leader, choice } = scene;
      leader.pause();
      const others = arena.contenders.filter((contender) => contender !== leader);
      const [released] = await Promise.all([leader.release(), killAndRestart(others)]);
      const afterRestart = await leader.release();
      const releases = [released, afterRestart];
      return {
        holdMs: choice.between(0, 2 * sessionMs),
        heal: () => leader.resume(),
        check: async () => [
          ...releases.flatMap((release) => failureOf(release)),
          ...others.flatMap((other) => robberiesOf(other)),
          ...releases.filter(({ told }) => told.includes(gaveUp)).map(robbery),
          ...(await leftovers(arena.contenders)),
        ],
      };
    },
  },
];

async function killAndRestart(victims: readonly Contender[]): Promise<void> {
  await Promise.all(victims.map((victim) => victim.end("SIGKILL")));
  await Bun.sleep(restartMs);
  for (const victim of victims) victim.restart();
}

/** Nothing is left to heal: the supervisor has done that. */
function afterwards({ arena, choice }: Scene, judged: () => readonly string[] = () => []): Struck {
  return {
    holdMs: choice.between(0, sessionMs / 4),
    heal: () => undefined,
    check: async () => [...judged(), ...(await leftovers(arena.contenders))],
  };
}

function failureOf({ code, told }: Released): readonly string[] {
  return code === 0 ? [] : [`election release exited with ${code}: ${told}`];
}

const gaveUp = "gave up epoch";

/** The leader lives: whoever gives its leadership up has taken it away. */
function robberiesOf({ id, lines }: Contender): readonly string[] {
  return lines
    .filter(({ msg }) => msg.includes(gaveUp) && msg.includes("was killed"))
    .map(({ msg }) => `${id} took leadership from a living process: ${msg}`);
}

function robbery({ told }: Released): string {
  return `election release took leadership from a living process: ${told}`;
}

/** Of every process that lives there is one key, of those that died there is none, in a while. */
async function leftovers(contenders: readonly Contender[]): Promise<readonly string[]> {
  const expected = Map.groupBy(contenders, ({ stateDir }) => stateDir ?? "");
  const deadline = performance.now() + calmingLimitMs;
  for (;;) {
    const problems = [...expected].flatMap(([path, owners]) => {
      const names = existsSync(path) ? readdirSync(path) : [];
      const count = names.filter((name) => name.endsWith(".json")).length;
      return count === owners.length
        ? []
        : [`${count} keys are kept for ${owners.length} replicas`];
    });
    if (problems.length === 0 || performance.now() > deadline) return problems;
    await Bun.sleep(20);
  }
}
