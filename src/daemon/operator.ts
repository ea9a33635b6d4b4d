import { parseDuration } from "../options/duration.ts";
import { remainingMs, type Scheduler } from "../base/scheduler.ts";
import type { StepDown } from "../election/step-down.ts";
import type { Changes, SteppingDown } from "../http/changes.ts";
import type { LiveConfig } from "../options/live.ts";
import type { Log } from "../telemetry/log/log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** How long a replica does not stand again when the request does not say. */
export const usualRest = "30s";

/** What an operator may change by HTTP. */
export function changesOf(wish: StepDown, scheduler: Scheduler, telemetry: Telemetry): Changes {
  return {
    stepDown: (rest): SteppingDown => {
      const duration = parseDuration(rest ?? usualRest);
      if (duration.kind === "invalid") return duration;
      const restMs = duration.value;
      const { epoch } = telemetry.present;
      if (epoch !== undefined && wish.request(restMs)) {
        telemetry.log.write("info", "http", "stepping down, as a request asks", { restMs });
        return { kind: "accepted", epoch, restMs };
      }
      const { standsAgainAt } = wish;
      const leftMs = standsAgainAt === undefined ? 0 : remainingMs(scheduler, standsAgainAt);
      return { kind: "not-leading", leader: telemetry.leader(), restMs: Math.ceil(leftMs) };
    },
  };
}

/** Says at the start what would otherwise only come out when a token is needed. */
export async function checkToken(path: string | null, log: Log): Promise<void> {
  if (path === null) return;
  const { readToken } = await import("../http/token-file.ts");
  const reading = await readToken(path);
  if (reading.kind === "failed") {
    const problem = `expected a file with a token, but ${reading.detail}`;
    log.write("warn", "http", `--http-token-file ${path}: ${problem}; nothing can be changed`);
  } else if (reading.isExposed) {
    log.write("warn", "http", `--http-token-file ${path}: others may read it; chmod go-r`);
  }
}

/** Reads the configuration again, and tells what came of it: on SIGHUP. */
export function reload(live: LiveConfig, log: Log): void {
  const reloading = live.reload();
  if (reloading.kind === "invalid") {
    for (const problem of reloading.problems) log.write("warn", "reload", problem);
    log.write("warn", "reload", "SIGHUP: nothing has changed, because of what is said above");
    return;
  }
  const { changed, kept } = reloading;
  log.level = live.view.logLevel;
  for (const { option, from, to } of changed) {
    const message = `${option} is ${to ?? "off"} from now on`;
    log.write("info", "reload", message, { option, from: from ?? undefined, to: to ?? undefined });
  }
  for (const { option, from, to } of kept) {
    const message = `${option} stays ${from ?? "off"}: it is ${to ?? "off"} from the next start on`;
    log.write("warn", "reload", message, { option, from: from ?? undefined, to: to ?? undefined });
  }
  const count = `${changed.length} changed, ${kept.length} kept until the next start`;
  log.write("info", "reload", `SIGHUP: read the configuration again: ${count}`);
}
