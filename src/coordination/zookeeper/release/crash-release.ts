import type { Config } from "../../../daemon/options.ts";
import { within } from "../../../base/deadline.ts";
import type { ExitStatus } from "../../../election/exit-status.ts";
import { later, type Scheduler } from "../../../base/scheduler.ts";
import { Scope } from "../../../base/scope.ts";
import { unreachable } from "../../../base/unreachable.ts";
import {
  type LeftBehind,
  StateDirectory,
  StateDirectoryError,
} from "../../../system/state-directory.ts";
import type { Access } from "../../../zookeeper/access.ts";
import { formatServer } from "../../../zookeeper/connection-string.ts";
import { basePathOf } from "../leadership/layout.ts";
import { leastPatienceMs } from "../../../zookeeper/limits.ts";
import {
  decodeSessionKey,
  encodeSessionKey,
  isSameService,
  type ServiceIdentity,
  type SessionKey,
} from "../leadership/session-key.ts";
import { type Release, releaseSession } from "./session-release.ts";
import type { Transport } from "../../../zookeeper/transport/transport.ts";

/** How often a start looks again: a process that was killed may leave a command to end yet. */
const lookAgainMs = 250;
/** How many sessions are released at the same time. */
const releasesAtOnce = 8;

/** Hears what happens: for people. */
export type Teller = (level: "info" | "warn", detail: string) => void;

/** The state directory of the configuration; undefined, and told why, where none can be used. */
export async function openStateDirectory(
  config: Config,
  tell: Teller,
): Promise<StateDirectory | undefined> {
  if (config.stateDir === null) return undefined;
  try {
    return await StateDirectory.open(config.stateDir);
  } catch (error) {
    if (!(error instanceof StateDirectoryError)) throw error;
    tell("warn", `crash release is off: ${error.message}`);
    return undefined;
  }
}

/** The settings that say where a dead process's session lives. */
export type ReleaseConfig = Pick<Config, "zkServers" | "zkPath" | "sessionTimeoutMs">;

/** What a release touches the world with: the daemon's is real, the simulation's is not. */
export interface ReleaseSurroundings {
  readonly scheduler: Scheduler;
  readonly transport: Transport;
  /** Who we are to the servers; anybody, where it is left out. */
  readonly access?: Access | undefined;
  readonly tell: Teller;
  readonly stop: AbortSignal;
}

/**
 * Runs a replica that keeps the key of its session in `state`, and meanwhile releases what dead
 * processes left there. After an orderly end nothing of ours stays.
 */
export async function runKeepingKeys(
  state: StateDirectory | undefined,
  config: ReleaseConfig,
  surroundings: ReleaseSurroundings,
  run: (keep: ((key: SessionKey) => void) | undefined) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  if (state === undefined) return await run(undefined);
  using running = new Scope(surroundings.stop);
  const { tell } = surroundings;
  const service = serviceOf(config);
  const releasing = releaseAsTheyEnd(state, config, { ...surroundings, stop: running.signal });
  const status = await run((key) => {
    try {
      state.remember(encodeSessionKey({ key, service }));
    } catch (error) {
      tell("warn", `the session's key was not kept: ${String(error)}`);
    }
  });
  running.abort();
  await releasing;
  // What was not given up, or not surely, is for whoever finds us dead.
  if (status.clean) state[Symbol.dispose]();
  return status;
}

/** Releases what dead processes left, and ends: nothing of ours stays in `state`. */
export async function releaseAndEnd(
  state: StateDirectory,
  config: ReleaseConfig,
  surroundings: ReleaseSurroundings,
): Promise<boolean> {
  using _ending = state;
  return await releaseLeftBehind(state, config, surroundings);
}

/**
 * Gives up what dead processes of this host held, so that the next in line need not wait for their
 * sessions to run out. It takes one session timeout at most: by then they have run out. Resolves
 * with whether all is done.
 */
async function releaseLeftBehind(
  state: StateDirectory,
  config: ReleaseConfig,
  surroundings: ReleaseSurroundings,
): Promise<boolean> {
  const { scheduler, stop, tell } = surroundings;
  return await within(scheduler, patienceMs(config), [stop], async (limit) => {
    const leftBehind = state.leftBehind((detail) => tell("warn", detail));
    let allDone = true;
    const work = async (): Promise<void> => {
      for (const left of leftBehind) {
        const done = await releaseOne(left, config, surroundings, limit);
        allDone &&= done;
        // What is left is tried by whoever starts next.
        if (limit.aborted) return;
      }
    };
    await Promise.all(Array.from({ length: releasesAtOnce }, work));
    return allDone;
  });
}

/**
 * The same, again and again for one session timeout: a daemon that was killed holds its lock by its
 * command until that has ended. By then its session has run out as well.
 */
async function releaseAsTheyEnd(
  state: StateDirectory,
  config: ReleaseConfig,
  surroundings: ReleaseSurroundings,
): Promise<void> {
  const { scheduler, stop } = surroundings;
  const told = new Set<string>();
  const tell: Teller = (level, detail) => {
    if (!told.has(detail)) surroundings.tell(level, detail);
    told.add(detail);
  };
  const end = later(scheduler.now(), patienceMs(config));
  while (!stop.aborted && scheduler.now() < end) {
    await releaseLeftBehind(state, config, { ...surroundings, tell });
    await scheduler.sleep(lookAgainMs, stop);
  }
}

async function releaseOne(
  left: LeftBehind,
  config: ReleaseConfig,
  { scheduler, transport, access, tell }: ReleaseSurroundings,
  limit: AbortSignal,
): Promise<boolean> {
  const kept = decodeSessionKey(left.record);
  const service = serviceOf(config);
  if (kept === undefined) {
    left.keep();
    tell("warn", "a record of a dead process makes no sense, and is left alone");
    return false;
  }
  if (!isSameService(kept.service, service)) {
    left.keep();
    const { basePath, servers } = kept.service;
    tell("info", `a record of another service is left to it: ${basePath} on ${servers.join()}`);
    return true;
  }
  const options = {
    servers: config.zkServers.servers,
    transport,
    scheduler,
    basePath: service.basePath,
    sessionTimeoutMs: patienceMs(config),
    access,
  };
  const release = await releaseSession(options, kept.key, limit);
  if (release.kind === "failed") left.keep();
  else left.forget();
  tell(release.kind === "failed" ? "warn" : "info", described(release));
  return release.kind !== "failed";
}

/** The dead process' session may have been granted far more than what is asked for. */
function patienceMs({ sessionTimeoutMs }: ReleaseConfig): number {
  return Math.max(sessionTimeoutMs, leastPatienceMs);
}

function serviceOf({ zkServers, zkPath }: ReleaseConfig): ServiceIdentity {
  const { servers, chroot } = zkServers;
  return { servers: servers.map(formatServer), basePath: basePathOf(chroot, zkPath) };
}

function described(release: Release): string {
  switch (release.kind) {
    case "released":
      return `gave up epoch ${release.epoch} of a process that was killed`;
    case "closed":
      return `closed the session of a process that was killed; ${release.detail}`;
    case "gone":
      return "the session of a process that was killed has run out already";
    case "failed":
      return `cannot release what a killed process held: ${release.detail}`;
    default:
      return unreachable(release);
  }
}
