import { LiveConfig } from "../options/live.ts";
import type { Loading, Setting } from "../options/load.ts";
import type { Config } from "./options.ts";
import type { ServiceNotification } from "../system/service-notification.ts";
import {
  openStateDirectory,
  runKeepingKeys,
  type Teller,
} from "../coordination/zookeeper/release/crash-release.ts";
import type { Coordinator, ReplicaInfo } from "../election/ports/coordinator.ts";
import { exitCodes } from "../election/exit-status.ts";
import { resolvesBefore, within } from "../base/deadline.ts";
import { run } from "../election/machine.ts";
import { Progress } from "../election/progress.ts";
import { StepDown } from "../election/step-down.ts";
import { LocalDisk } from "../disk/local-disk.ts";
import type { HttpServer } from "../http/http-server.ts";
import { HttpServerError } from "../http/http-server-error.ts";
import type { Providers } from "../http/providers.ts";
import { type LeaderCommands, leaderCommands } from "./leader-commands.ts";
import { changesOf, checkToken, reload } from "./operator.ts";
import { replicaContext } from "./replica.ts";
import { accessOf, transportOf } from "../coordination/zookeeper/server-access.ts";
import { expectedFailover, historyName } from "../coordination/zookeeper/expected-failover.ts";
import { NotifySocket } from "../system/notify-socket.ts";
import { listenToSignals } from "../system/process-signals.ts";
import { RealScheduler } from "../system/real-scheduler.ts";
import { ServiceNotifier } from "../system/service-notifier.ts";
import { writeTo } from "../telemetry/log/line-writer.ts";
import type { Log } from "../telemetry/log/log.ts";
import { openLog } from "../telemetry/log/open-log.ts";
import { Telemetry } from "../telemetry/telemetry.ts";

const logDescriptor = 2;
/** How long the end of the process waits for a disk that does not take the history. */
const historyLimitMs = 500;

const slewWarning =
  "the kernel does not tell its raw clock, so leases are a tenth shorter, and are waited out a " +
  "tenth longer: a time daemon may slew the other one";

export interface DaemonOptions {
  readonly config: Config;
  /** The configuration as it was given, for /status. */
  readonly settings: readonly Setting[];
  /** What is to be told about the configuration: a line each. */
  readonly warnings: readonly string[];
  /** Reads the configuration anew, from where it came from. */
  readonly reload: () => Loading;
  readonly version: string;
  readonly hostName: string;
  /** What runs while the replica leads; undefined for the files alone. */
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether log lines may be coloured. */
  readonly colours: boolean;
  /** Whether the log goes to the journal. */
  readonly journal: boolean;
  readonly notification: ServiceNotification;
}

/** Runs one replica until it is told to stop, or cannot go on. Resolves with the exit code. */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const { settings, command, version, colours, journal, hostName } = options;
  const live = new LiveConfig(options.config, settings, options.reload);
  const config = live.view;
  const scheduler = new RealScheduler();
  const stop = new AbortController();
  const stepDown = new StepDown();
  let httpAddress: string | null = null;
  let coordinator: Coordinator | undefined;
  const describe = (): ReplicaInfo => ({
    replica: config.replicaId,
    host: hostName,
    pid: process.pid,
    httpAddress,
    since: scheduler.wallClock().toISOString(),
  });
  const exposition =
    config.httpAddress === null
      ? undefined
      : (await import("../telemetry/metrics/exposition.ts")).Exposition;
  await using telemetry = new Telemetry({
    scheduler,
    write: writeTo(openLog(logDescriptor)),
    logLevel: config.logLevel,
    logFormat: config.logFormat,
    colours,
    journal,
    self: describe,
    version,
    exposition,
    pending: {
      timers: () => scheduler.sleeping,
      requests: () => coordinator?.pendingRequests ?? 0,
    },
    settings: () => live.settings,
    failover: (grantedMs) =>
      expectedFailover({ config, command }, grantedMs ?? config.sessionTimeoutMs),
  });
  const { log } = telemetry;
  tellStart(log, options);
  if (scheduler.slewShare > 0) log.write("warn", "clock", slewWarning);
  let leaderWork: LeaderCommands = {};
  using _signals = listenToSignals(
    {
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
      passOn: (signal) => {
        const heard = leaderWork.forward?.(signal) ?? false;
        const effect = heard ? "passed on to the command" : "no command runs, so nobody is told";
        log.write("info", "signal", `${signal}: ${effect}`, { signal });
      },
      meansNothing: (signal) => {
        const hint = config.execForward?.includes("SIGUSR1") ? "" : "; SIGUSR1 steps down";
        log.write("warn", "signal", `${signal} means nothing here${hint}`, { signal });
      },
      reload: () => reload(live, log),
    },
    config.execForward ?? [],
  );

  await using notifier = openNotifier({ ...options, config }, scheduler, telemetry);
  const tell: Teller = (level, detail) => log.write(level, "crash-release", detail);
  const state = await openStateDirectory(config, tell);
  void telemetry.history.keepIn(state?.sharedFile(historyName(config), scheduler));
  const transport = transportOf(config);
  const access = accessOf(config);
  let commandStatus = 0;
  const releasing = { scheduler, transport, access, tell, stop: stop.signal };
  const look = async (signal: AbortSignal): Promise<void> => coordinator?.survey(signal);
  const status = await runKeepingKeys(state, config, releasing, async (keep) => {
    await using _history = savedInTheEnd(telemetry, scheduler);
    try {
      await using http = await openHttp(config, scheduler, telemetry, { look, stepDown });
      httpAddress = http?.address ?? null;
      await checkToken(config.httpTokenFile, log);
      if (http !== undefined) log.write("info", "http", `answers HTTP at ${http.address}`);
      const lock = state?.lockDescriptor;
      leaderWork = await leaderCommands(options, scheduler, telemetry.observer, lock);
      const context = replicaContext(config, {
        scheduler,
        transport,
        disk: new LocalDisk(config.fileDir),
        observer: notifier === undefined ? telemetry.observer : telemetry.observerAnd(notifier),
        describe,
        access,
        keep,
        stepDown,
        stop: stop.signal,
        configChanged: () => live.changed,
        ...leaderWork,
        finish: (ended) => {
          log.write("info", "command", "stopping: the command is done", { status: ended });
          commandStatus = ended;
          stop.abort("the command is done");
        },
      });
      ({ coordinator } = context);
      return await run(context);
    } catch (error) {
      if (!(error instanceof HttpServerError)) throw error;
      return { code: exitCodes.usage, clean: true, reason: error.message };
    }
  });
  const level = status.code === exitCodes.stopped ? (status.clean ? "info" : "warn") : "error";
  const code = status.code === exitCodes.stopped ? commandStatus : status.code;
  log.write(level, "exit", status.reason, { code });
  return code;
}

function tellStart(log: Log, { version, settings, warnings }: DaemonOptions): void {
  log.write("info", "start", `election ${version} starts`, {
    version,
    pid: process.pid,
    ...Object.fromEntries(settings.map(({ option, value }) => [option, value ?? undefined])),
  });
  for (const warning of warnings) log.write("warn", "configuration", warning);
}

/** Gives the disk some time in the end, while the state directory is still ours. */
function savedInTheEnd({ history }: Telemetry, scheduler: RealScheduler): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      await within(scheduler, historyLimitMs, [], (limit) =>
        resolvesBefore(history.saved(), limit),
      );
    },
  };
}

async function openHttp(
  config: Config,
  scheduler: RealScheduler,
  telemetry: Telemetry,
  { look, stepDown }: Pick<Providers, "look"> & { readonly stepDown: StepDown },
): Promise<HttpServer | undefined> {
  const { present, metrics } = telemetry;
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
    failed: (error) => telemetry.log.write("error", "http-failed", String(error)),
  });
}

/** Undefined where no service manager listens, or none can be spoken to. */
function openNotifier(
  { config, command, notification }: DaemonOptions,
  scheduler: RealScheduler,
  telemetry: Telemetry,
): ServiceNotifier | undefined {
  const { notifySocket, watchdogMs } = notification;
  if (notifySocket === undefined) return undefined;
  const tell = (level: "warn" | "error", detail: string): void =>
    telemetry.log.write(level, "service-manager", detail);
  let socket: NotifySocket;
  try {
    socket = NotifySocket.open(notifySocket);
  } catch (error) {
    tell("warn", `the service manager cannot be told anything: ${String(error)}`);
    return undefined;
  }
  // A command under leadership may be silent for as long as it likes.
  const writes = command === undefined || config.withFiles;
  return new ServiceNotifier({
    scheduler,
    socket,
    watchdogMs,
    progress: new Progress(config, writes ? "writes" : "silent"),
    timings: config,
    tell,
  });
}
