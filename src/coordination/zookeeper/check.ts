import type { Bound, FailoverSettings } from "../../election/failover-bound.ts";
import type { Examination } from "../../election/ports/coordination.ts";
import { failing, type Finding, milliseconds, ok, warning } from "../../election/ports/finding.ts";
import type { Roster } from "../../election/ports/roster.ts";
import { formatServer } from "../../zookeeper/connection-string.ts";
import { failoverBounds, longestExpiryLagMs, longestTickMs } from "./failover-bounds.ts";
import { leaseTimingOf } from "./lease-timing.ts";
import type { ServerAccess } from "./server-access.ts";
import { probeServer, type ServerProbe } from "./server-probe.ts";

/** How long one server may take for everything that it is asked. */
const probeLimitMs = 5_000;

/** A server, and what it is like. */
export interface ProbedServer {
  readonly server: string;
  readonly probe: ServerProbe;
}

type Serving = Extract<ServerProbe, { kind: "serves" }>;

/** Looks at every server, and at who takes part. */
export async function examineService(
  access: ServerAccess,
  reading: Promise<Roster>,
  signal: AbortSignal,
): Promise<Examination> {
  const { basePath, sessionTimeoutMs } = access;
  const [servers, roster] = await Promise.all([probeServers(access, signal), reading]);
  const worst = worstOf(servers);
  return {
    findings: [...serverFindings(servers, sessionTimeoutMs), serviceFinding(roster, basePath)],
    roster,
    timing: leaseTimingOf(worst?.sessionTimeoutMs ?? sessionTimeoutMs),
    shortestTiming: leaseTimingOf(shortestGrantMs(servers) ?? sessionTimeoutMs),
    forecast: (settings) => {
      const expected = worst && expectedFailover(worst, settings);
      return { finding: boundFinding(expected), figures: expected ?? null };
    },
  };
}

async function probeServers(
  access: ServerAccess,
  signal: AbortSignal,
): Promise<readonly ProbedServer[]> {
  return await Promise.all(
    access.servers.map(async (server) => ({
      server: formatServer(server),
      probe: await probeServer(server, { ...access, limitMs: probeLimitMs }, signal),
    })),
  );
}

/** A finding for each server, and one for all of them together. */
export function serverFindings(servers: readonly ProbedServer[], askedMs: number): Finding[] {
  const findings = servers.map(({ server, probe }) => serverFinding(server, probe, askedMs));
  return [...findings, ensembleFinding(servers)];
}

function serverFinding(server: string, probe: ServerProbe, askedMs: number): Finding {
  const subject = `server ${server}`;
  if (probe.kind === "fails") return failing(subject, probe.detail);
  const { latencyMs, version, mode, grantedMs } = probe;
  const known = version === undefined ? "version unknown" : `version ${version}, ${mode}`;
  const detail = `${known}, answers in ${milliseconds(latencyMs)}, grants ${grantedMs} ms`;
  if (grantedMs === askedMs) return ok(subject, detail);
  return warning(subject, `${detail} instead of the ${askedMs} ms of --session-timeout`);
}

function ensembleFinding(servers: readonly ProbedServer[]): Finding {
  const size = servers.length;
  const serving = servers.filter(({ probe }) => probe.kind === "serves").length;
  const majority = Math.floor(size / 2) + 1;
  const detail = `${serving} of ${size} servers answer`;
  if (serving === 0) return failing("servers", `${detail}: no replica can take part`);
  if (serving < majority) {
    return failing("servers", `${detail}; without ${majority} of them nobody can lead for long`);
  }
  if (serving < size) return warning("servers", `${detail}; --zk-servers names all of them`);
  if (size === 1) return warning("servers", `${detail}: its end is the end of every leadership`);
  if (size % 2 === 0) {
    return warning("servers", `${detail}: an even number bears no more than one fewer would`);
  }
  return ok("servers", `${detail}; ${majority} are enough`);
}

/** Who takes part at present, as the records say. */
export function serviceFinding(roster: Roster, path: string): Finding {
  if (roster.kind === "failed") return failing("service", `${path}: ${roster.detail}`);
  const { leader, line } = roster;
  const count = `${line.length} in line`;
  if (leader === undefined) return ok("service", `${path}: nobody leads, ${count}`);
  const who = leader.info?.replica ?? "a record that makes no sense";
  return ok("service", `${path}: ${who} leads with epoch ${leader.epoch}, ${count}`);
}

/** What the time without a leader is reckoned with. All in milliseconds. */
interface ServersAtWorst {
  readonly sessionTimeoutMs: number;
  readonly tickMs: number;
  readonly isTickKnown: boolean;
  readonly commitMs: number;
}

/** What was measured of the servers, and the bounds that follow, commits counted in. */
interface ExpectedFailover extends ServersAtWorst, Readonly<Record<string, unknown>> {
  readonly bounds: readonly Bound[];
}

/** The slowest that servers were, each figure by itself; undefined when none answers. */
export function worstOf(servers: readonly ProbedServer[]): ServersAtWorst | undefined {
  const serving = servers.flatMap(({ probe }) => (probe.kind === "serves" ? [probe] : []));
  if (serving.length === 0) return undefined;
  const worst = (value: (probe: Serving) => number): number => Math.max(...serving.map(value));
  const sessionTimeoutMs = worst(({ grantedMs }) => grantedMs);
  const ticks = serving.flatMap(({ tickMs }) => (tickMs === undefined ? [] : [tickMs]));
  const isTickKnown = ticks.length > 0;
  const tickMs = isTickKnown ? Math.max(...ticks) : longestTickMs(sessionTimeoutMs);
  const commitMs = worst(({ openingMs }) => openingMs);
  return { sessionTimeoutMs, tickMs, isTickKnown, commitMs };
}

/** The shortest session timeout that a server grants; undefined when none answers. */
export function shortestGrantMs(servers: readonly ProbedServer[]): number | undefined {
  const granted = servers.flatMap(({ probe }) => (probe.kind === "serves" ? probe.grantedMs : []));
  return granted.length === 0 ? undefined : Math.min(...granted);
}

/** What follows from that. */
export function expectedFailover(
  worst: ServersAtWorst,
  settings: FailoverSettings,
): ExpectedFailover {
  const { sessionTimeoutMs, tickMs, commitMs } = worst;
  const expiryLagMs = longestExpiryLagMs(sessionTimeoutMs, tickMs);
  const bounds = failoverBounds({ ...settings, sessionTimeoutMs, expiryLagMs });
  const withCommits = bounds.map((bound) => ({
    ...bound,
    ms: bound.ms + bound.commits * commitMs,
  }));
  return { bounds: withCommits, ...worst };
}

const cases: Readonly<Record<Bound["kind"], string>> = {
  "hand-over": "when leadership is given up",
  crash: "when the leader dies",
  "crash-unseen": "if the next one was cut off meanwhile",
  "crash-without-line": "if the line is broken",
};

export function boundFinding(expected: ExpectedFailover | undefined): Finding {
  if (expected === undefined) return failing("failover", "no bound follows: no server answers");
  const { bounds, tickMs, isTickKnown } = expected;
  const tick = isTickKnown ? `a tick of ${tickMs} ms` : `a tick that is taken to be ${tickMs} ms`;
  const told = bounds.map(({ kind, ms }) => `${Math.ceil(ms)} ms ${cases[kind]}`).join(", ");
  return ok("failover", `at most about ${told}; with ${tick}`);
}
