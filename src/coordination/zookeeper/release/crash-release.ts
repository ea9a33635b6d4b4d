import type { Config } from "../../../daemon/options.ts";
import { resolvesBefore, within } from "../../../base/deadline.ts";
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
  type Service,
  type SessionKey,
} from "../leadership/session-key.ts";
import { type Release, releaseSession } from "./session-release.ts";
import type { Transport } from "../../../zookeeper/transport/transport.ts";

/** How often a start looks again: a process that was killed may leave a command to end yet. */
const lookAgainMs = 250;
/** How many sessions are released at the same time. */
const releasesAtOnce = 8;

/** How long the end of the process waits for a disk on which our record is removed. */
const removalLimitMs = 500;

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
  const { scheduler, tell } = surroundings;
  const service = serviceOf(config);
  const seeking = { ...surroundings, tell: tellingOnce(tell), stop: running.signal };
  // Before we hold anything ourselves: what the disk takes for it, opening the directory took too.
  const first = await lookAround(state, seeking.tell);
  const releasing = releaseAsTheyEnd(first, state, config, seeking);
  const status = await run((key) => {
    state.remember(encodeSessionKey({ key, service })).catch((error: unknown) => {
      tell("warn", `the session's key was not kept: ${String(error)}`);
    });
  });
  running.abort();
  await releasing;
  // What was not given up, or not surely, is for whoever finds us dead.
  if (status.clean) {
    await within(scheduler, removalLimitMs, [], (limit) =>
      resolvesBefore(state[Symbol.asyncDispose](), limit),
    );
  }
  return status;
}

/** Releases what dead processes left, and ends: nothing of ours stays in `state`. */
export async function releaseAndEnd(
  state: StateDirectory,
  config: ReleaseConfig,
  surroundings: ReleaseSurroundings,
): Promise<boolean> {
  await using _ending = state;
  const found = await lookAround(state, surroundings.tell);
  return await releaseLeftBehind(found, config, surroundings);
}

/** What dead processes left, with the locks of the first ones held: see StateDirectory. */
interface LookAround {
  readonly first: readonly LeftBehind[];
  readonly rest: AsyncIterator<LeftBehind, void>;
}

async function lookAround(state: StateDirectory, tell: Teller): Promise<LookAround> {
  const rest = state.leftBehind((detail) => tell("warn", detail));
  const first: LeftBehind[] = [];
  while (first.length < releasesAtOnce) {
    const next = await rest.next();
    if (next.done === true) break;
    first.push(next.value);
  }
  return { first, rest };
}

/**
 * Gives up what dead processes of this host held, so that the next in line need not wait for their
 * sessions to run out. It takes one session timeout at most: by then they have run out. Resolves
 * with whether all is done.
 */
async function releaseLeftBehind(
  { first, rest }: LookAround,
  config: ReleaseConfig,
  surroundings: ReleaseSurroundings,
): Promise<boolean> {
  const { scheduler, stop } = surroundings;
  return await within(scheduler, patienceMs(config), [stop], async (limit) => {
    let allDone = true;
    const work = async (one: LeftBehind): Promise<void> => {
      for (let left: LeftBehind | undefined = one; left !== undefined;) {
        const done = await releaseOne(left, config, surroundings, limit);
        allDone &&= done;
        // What is left is tried by whoever starts next.
        left = limit.aborted ? undefined : ((await rest.next()).value ?? undefined);
      }
    };
    await Promise.all(first.map(work));
    return allDone;
  });
}

/**
 * Gives up what dead processes held, as `found` and then again and again for one session timeout: a
 * daemon that was killed holds its lock by its command until that has ended. By then its session
 * has run out as well.
 */
async function releaseAsTheyEnd(
  found: LookAround,
  state: StateDirectory,
  config: ReleaseConfig,
  surroundings: ReleaseSurroundings,
): Promise<void> {
  const { scheduler, stop, tell } = surroundings;
  const end = later(scheduler.now(), patienceMs(config));
  await releaseLeftBehind(found, config, surroundings);
  for (;;) {
    await scheduler.sleep(lookAgainMs, stop);
    if (stop.aborted || scheduler.now() >= end) return;
    await releaseLeftBehind(await lookAround(state, tell), config, surroundings);
  }
}

/** Tells each detail only once: a record that is left alone is found with every look. */
function tellingOnce(tell: Teller): Teller {
  const told = new Set<string>();
  return (level, detail) => {
    if (!told.has(detail)) tell(level, detail);
    told.add(detail);
  };
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
  else await left.forget();
  tell(release.kind === "failed" ? "warn" : "info", described(release));
  return release.kind !== "failed";
}

/** The dead process' session may have been granted far more than what is asked for. */
function patienceMs({ sessionTimeoutMs }: ReleaseConfig): number {
  return Math.max(sessionTimeoutMs, leastPatienceMs);
}

function serviceOf({ zkServers, zkPath }: ReleaseConfig): Service {
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
