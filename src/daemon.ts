import type { Setting } from "./config/load-config.ts";
import type { Config } from "./config/options.ts";
import { openStateDirectory, runKeepingKeys, type Teller } from "./crash-release.ts";
import type { ReplicaInfo } from "./election/coordinator.ts";
import { exitCodes } from "./election/exit-status.ts";
import { run } from "./election/machine.ts";
import { StepDown } from "./election/step-down.ts";
import { LocalDisk } from "./files/local-disk.ts";
import { HttpServer } from "./http/http-server.ts";
import { HttpServerError } from "./http/http-server-error.ts";
import { replicaContext } from "./replica.ts";
import { listenToSignals } from "./system/process-signals.ts";
import { RealScheduler } from "./system/real-scheduler.ts";
import { writeTo } from "./telemetry/line-writer.ts";
import { openLog } from "./telemetry/open-log.ts";
import { Telemetry } from "./telemetry/telemetry.ts";
import { TcpTransport } from "./zookeeper/tcp-transport.ts";

const logDescriptor = 2;

export interface DaemonOptions {
  readonly config: Config;
  /** The configuration as it was given, for /status. */
  readonly settings: readonly Setting[];
  readonly version: string;
  readonly hostName: string;
  /** Whether log lines may be coloured. */
  readonly colours: boolean;
}

/** Runs one replica until it is told to stop, or cannot go on. Resolves with the exit code. */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const { config, settings, version, colours, hostName } = options;
  const scheduler = new RealScheduler();
  const stop = new AbortController();
  const stepDown = new StepDown();
  let httpAddress: string | null = null;
  const describe = (): ReplicaInfo => ({
    replica: config.replicaId,
    host: hostName,
    pid: process.pid,
    httpAddress,
    since: scheduler.wallClock().toISOString(),
  });
  await using telemetry = new Telemetry({
    scheduler,
    write: writeTo(openLog(logDescriptor)),
    logLevel: config.logLevel,
    logFormat: config.logFormat,
    colours,
    self: describe,
    version,
    scraped: config.httpAddress !== null,
    settings,
  });
  const { log } = telemetry;
  log.write("info", "start", `election ${version} starts`, {
    version,
    pid: process.pid,
    ...Object.fromEntries(settings.map(({ option, value }) => [option, value ?? undefined])),
  });
  using _signals = listenToSignals({
    stop: (signal) => {
      log.write("info", "signal", `${signal}: stopping`, { signal });
      stop.abort();
    },
    stopAtOnce: (signal, code) => {
      log.write("warn", "exit", `${signal} again: exits at once, giving nothing up`, { code });
      telemetry.flush();
      process.exit(code);
    },
    stepDown: () => {
      const heard = stepDown.request();
      const effect = heard ? "stepping down" : "not leading, so nothing to do";
      log.write("info", "signal", `SIGUSR1: ${effect}`, { signal: "SIGUSR1" });
    },
  });

  const tell: Teller = (level, detail) => log.write(level, "crash-release", detail);
  const state = await openStateDirectory(config, tell);
  const transport = new TcpTransport();
  const releasing = { scheduler, transport, tell, stop: stop.signal };

  const status = await runKeepingKeys(state, config, releasing, async (keep) => {
    try {
      await using http = await openHttp(config, scheduler, telemetry);
      httpAddress = http?.address ?? null;
      if (http !== undefined) log.write("info", "http", `answers HTTP at ${http.address}`);
      const context = replicaContext(config, {
        scheduler,
        transport,
        disk: new LocalDisk(config.fileDir),
        observer: telemetry.observer,
        describe,
        keep,
        stepDown,
        stop: stop.signal,
      });
      return await run(context);
    } catch (error) {
      if (!(error instanceof HttpServerError)) throw error;
      return { code: exitCodes.usage, clean: true, reason: error.message };
    }
  });
  const level = status.code === exitCodes.stopped ? (status.clean ? "info" : "warn") : "error";
  log.write(level, "exit", status.reason, { code: status.code });
  return status.code;
}

async function openHttp(
  config: Config,
  scheduler: RealScheduler,
  telemetry: Telemetry,
): Promise<HttpServer | undefined> {
  if (config.httpAddress === null) return undefined;
  const { present } = telemetry;
  return await HttpServer.open({
    address: config.httpAddress,
    scheduler,
    providers: {
      state: () => present.state,
      isLeader: () => present.isLeader,
      epoch: () => present.epoch,
      leader: () => telemetry.leader(),
      status: () => telemetry.status(),
      metrics: () => telemetry.metrics(),
      metricsType: telemetry.metricsType,
    },
    failed: (error) => telemetry.log.write("error", "http-failed", String(error)),
  });
}
