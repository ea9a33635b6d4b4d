import { formatHttpAddress, type HttpAddress } from "../../http/http-address.ts";
import { isGiven, type Setting } from "../../options/setting.ts";
import type { Config } from "../../daemon/options.ts";
import type { Scheduler } from "../../base/scheduler.ts";
import { readToken } from "../../http/token-file.ts";
import { KernelClocks } from "../../system/kernel-clocks.ts";
import { RealScheduler } from "../../system/real-scheduler.ts";
import { coordinationOf } from "../../daemon/coordination.ts";
import type { LeaseTiming } from "../../election/ports/lease-timing.ts";
import { grantWarnings } from "../../exec/command-checks.ts";
import { commandKinds, dutyEndMs, leaseProblem } from "../../exec/timings.ts";
import {
  clockFinding,
  clockSource,
  kernelClocksFinding,
  readClocks,
  wallFinding,
} from "./check-clocks.ts";
import { directoryFinding, stateFinding } from "./check-directories.ts";
import { failing, type Finding, ok, warning } from "../../election/ports/finding.ts";
import { findingsCode, findingsText } from "./findings-text.ts";
import { print } from "../print.ts";
import { askStatus } from "../status/status.ts";

/** The least time between two readings of the clocks. */
const clockMs = 1_000;

type CommandsConfig = Pick<
  Config,
  "execStopTimeoutMs" | "hookTimeoutMs" | "stopTimeoutMs" | "onElected" | "onLost"
>;

interface CheckQuestion {
  readonly config: Config;
  readonly settings: readonly Setting[];
  readonly json: boolean;
}

/** Runs `election check`: one line per finding. Resolves with the exit code: see its help. */
export async function runCheck({ config, settings, json }: CheckQuestion): Promise<number> {
  const clocks = KernelClocks.open();
  const scheduler = new RealScheduler(clocks);
  await using coordination = await coordinationOf(config, scheduler);
  const { signal } = new AbortController();
  const before = readClocks(scheduler);
  const [service, state, http] = await Promise.all([
    coordination.examine(signal),
    stateFinding(config.stateDir),
    httpFinding(config.httpAddress, scheduler),
    scheduler.sleep(clockMs, signal),
  ]);
  const { roster, timing, shortestTiming } = service;
  const read = roster.kind === "read" ? roster : undefined;
  const wallMs = scheduler.wallClock().getTime();
  // No replica is called so: what a replica of this name left behind would be removed.
  const prober = `check-${crypto.getRandomValues(new Uint8Array(8)).toHex()}`;
  const { name } = coordination.place;
  const { fileDir } = config;
  const directory = await directoryFinding(fileDir, prober, read?.horizon, name, scheduler);
  const after = readClocks(scheduler);
  const endMs = dutyEndMs(config, timing, commandKinds(config, false));
  const forecast = service.forecast({ ...config, dutyEndMs: endMs });
  const findings: Finding[] = [
    configurationFinding(settings),
    ...service.findings,
    directory,
    commandsFinding(config, settings, shortestTiming),
    state,
    http,
    ...(await tokenFindings(config.httpTokenFile)),
    kernelClocksFinding(clocks),
    clockFinding(before, after, clockSource()),
    wallFinding(read?.readAt ?? wallMs, read?.leader?.renewedAt, timing.renewalMs),
    forecast.finding,
  ];
  const list = { findings, failover: forecast.figures };
  await print(json ? `${JSON.stringify(list)}\n` : findingsText(findings));
  return findingsCode(findings);
}

function configurationFinding(settings: readonly Setting[]): Finding {
  const given = settings.filter(isGiven);
  const names = given.map(({ option, source }) => `${option} (${source})`);
  return ok("configuration", `makes sense; given: ${names.join(", ")}`);
}

/** Whether the commands of a leader have the time to end that is set: hooks, and that of `exec`. */
export function commandsFinding(
  config: CommandsConfig,
  settings: readonly Setting[],
  timing: LeaseTiming,
): Finding {
  const subject = "commands";
  const kinds = commandKinds(config, false);
  const ofExec = { ...kinds, command: true };
  const [own] = grantWarnings(config, timing, kinds, settings);
  if (own !== undefined) {
    const tell = leaseProblem(timing, kinds) === undefined ? warning : failing;
    return tell(subject, own);
  }
  const [other] = grantWarnings(config, timing, ofExec, settings);
  if (other !== undefined) return ok(subject, `for exec: ${other}`);
  return ok(subject, "have the time that is set to end before a lease does");
}

async function httpFinding(address: HttpAddress | null, scheduler: Scheduler): Promise<Finding> {
  const subject = "http-address";
  if (address === null) return ok(subject, "off: nobody can ask the replica how it is");
  const place = formatHttpAddress(address);
  if (address.kind === "tcp" && address.port === 0)
    return ok(subject, `${place}: the kernel picks a port`);
  const asked = await askStatus(address, scheduler);
  if (asked.kind === "answered") return ok(subject, `${place}: a replica answers there`);
  if (asked.detail === "nobody listens there") return ok(subject, `${place}: nobody listens there`);
  return failing(subject, `${place}: ${asked.detail}`);
}

async function tokenFindings(path: string | null): Promise<Finding[]> {
  if (path === null) return [];
  const subject = "http-token-file";
  const reading = await readToken(path);
  if (reading.kind === "failed") {
    return [failing(subject, `${path}: expected a file with a token, but ${reading.detail}`)];
  }
  if (reading.isExposed) return [warning(subject, `${path}: others may read it; chmod go-r`)];
  return [ok(subject, `${path} holds a token`)];
}
