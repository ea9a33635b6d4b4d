import type { Config } from "../config/options.ts";
import { openStateDirectory, releaseAndEnd, type Teller } from "../crash-release.ts";
import { exitCodes } from "../election/exit-status.ts";
import { accessOf, transportOf } from "../server-access.ts";
import { RealScheduler } from "../system/real-scheduler.ts";
import { levelled } from "../telemetry/journal-level.ts";
import { complain } from "./print.ts";

/**
 * Runs `election release`: one line on stderr for each thing done. Resolves with the exit code.
 * @param journal whether the journal reads stderr
 */
export async function runRelease(config: Config, journal: boolean): Promise<number> {
  const lines: string[] = [];
  const tell: Teller = (level, detail) => {
    const line = `election: ${detail}\n`;
    lines.push(journal ? levelled(level, line) : line);
  };
  const state = await openStateDirectory(config, tell);
  let done = false;
  if (state !== undefined) {
    done = await releaseAndEnd(state, config, {
      scheduler: new RealScheduler(),
      transport: transportOf(config),
      access: accessOf(config),
      tell,
      stop: new AbortController().signal,
    });
  }
  await complain(lines.join(""));
  return done ? exitCodes.stopped : exitCodes.exhausted;
}
