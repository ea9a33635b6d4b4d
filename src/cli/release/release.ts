import { existsSync } from "node:fs";
import { printable } from "../../base/quoted.ts";
import { coordinationOf } from "../../daemon/coordination.ts";
import { openStateDirectory } from "../../daemon/crash-release.ts";
import type { Config } from "../../daemon/options.ts";
import { exitCodes } from "../../election/exit-status.ts";
import type { Teller } from "../../election/ports/crash-records.ts";
import { RealScheduler } from "../../system/real-scheduler.ts";
import { levelled } from "../../telemetry/log/log-entry.ts";
import { complain } from "../print.ts";

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
  const done = await release(config, tell);
  await complain(lines.join(""));
  return done ? exitCodes.stopped : exitCodes.exhausted;
}

async function release(config: Config, tell: Teller): Promise<boolean> {
  if (config.stateDir !== null && !existsSync(config.stateDir)) {
    // To make it would hide a slip in its name: no replica has run with it.
    tell("warn", `nothing to release: ${printable(config.stateDir)} does not exist`);
    return true;
  }
  await using state = await openStateDirectory(config.stateDir, tell);
  if (state === undefined) return false;
  await using coordination = await coordinationOf(config, RealScheduler.forQuestions());
  const left = await state.leftBehind((detail) => tell("warn", detail));
  return await coordination.releaseLeftBehind(left, tell, new AbortController().signal);
}
