import type { Config } from "../config/options.ts";
import { openStateDirectory, releaseAndEnd, type Teller } from "../crash-release.ts";
import { exitCodes } from "../election/exit-status.ts";
import { RealScheduler } from "../system/real-scheduler.ts";
import { TcpTransport } from "../zookeeper/tcp-transport.ts";

/** Runs `election release`: one line on stderr for each thing done. Resolves with the exit code. */
export async function runRelease(config: Config): Promise<number> {
  const lines: string[] = [];
  const tell: Teller = (_level, detail) => lines.push(detail);
  const state = await openStateDirectory(config, tell);
  let done = false;
  if (state !== undefined) {
    done = await releaseAndEnd(state, config, {
      scheduler: new RealScheduler(),
      transport: new TcpTransport(),
      tell,
      stop: new AbortController().signal,
    });
  }
  await Bun.write(Bun.stderr, lines.map((line) => `election: ${line}\n`).join(""));
  return done ? exitCodes.stopped : exitCodes.exhausted;
}
