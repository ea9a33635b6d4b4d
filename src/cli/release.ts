import type { Config } from "../config/options.ts";
import { openStateDirectory, releaseLeftBehind, type Teller } from "../crash-release.ts";
import { exitCodes } from "../election/exit-status.ts";
import { RealScheduler } from "../system/real-scheduler.ts";

/** Runs `election release`: one line on stderr for each thing done. Resolves with the exit code. */
export async function runRelease(config: Config): Promise<number> {
  const lines: string[] = [];
  const tell: Teller = (_level, detail) => lines.push(detail);
  const state = await openStateDirectory(config, tell);
  let done = false;
  if (state !== undefined) {
    const never = new AbortController().signal;
    done = await releaseLeftBehind(state, config, new RealScheduler(), tell, never);
    state[Symbol.dispose]();
  }
  await Bun.write(Bun.stderr, lines.map((line) => `election: ${line}\n`).join(""));
  return done ? exitCodes.stopped : exitCodes.exhausted;
}
