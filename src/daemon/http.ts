import { parseDuration } from "../options/duration.ts";
import { remainingMs, type Scheduler } from "../base/scheduler.ts";
import { type StepDown, usualRest } from "../election/step-down.ts";
import type { Changes, SteppingDown } from "../http/changes.ts";
import type { Log } from "../telemetry/log/log.ts";
import type { HttpServer } from "../http/http-server.ts";
import type { Providers } from "../http/providers.ts";
import type { Config } from "./options.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** What the endpoints reach besides telemetry. */
interface HttpMeans extends Pick<Providers, "look"> {
  readonly scheduler: Scheduler;
  readonly telemetry: Telemetry;
  readonly stepDown: StepDown;
}

/** The HTTP endpoints; undefined where the configuration has none. Throws HttpServerError. */
export async function openHttp(config: Config, means: HttpMeans): Promise<HttpServer | undefined> {
  const { scheduler, telemetry, stepDown, look } = means;
  const { present, metrics, log } = telemetry;
  if (config.httpAddress === null || metrics === undefined) return undefined;
  const { HttpServer } = await import("../http/http-server.ts");
  return await HttpServer.open({
    address: config.httpAddress,
    scheduler,
    providers: {
      state: () => present.state,
      isLeader: () => present.isLeader,
      epoch: () => present.epoch,
      leader: () => telemetry.leader(),
      status: () => telemetry.status(),
      listen: (listener) => telemetry.onChange(listener),
      look,
      metrics: () => metrics.text(),
      metricsType: metrics.contentType,
      changes: changesOf(stepDown, scheduler, telemetry),
    },
    tokenPath: config.httpTokenFile ?? undefined,
    failed: (error) => log.write("error", "http-failed", String(error)),
  });
}

/** What an operator may change by HTTP. */
function changesOf(wish: StepDown, scheduler: Scheduler, telemetry: Telemetry): Changes {
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
