import type { Config } from "./config/options.ts";
import { within } from "./election/deadline.ts";
import { type ExitStatus, exitCodes } from "./election/exit-status.ts";
import type { Scheduler } from "./election/scheduler.ts";
import { Scope } from "./election/scope.ts";
import { unreachable } from "./election/unreachable.ts";
import { type LeftBehind, StateDirectory, StateDirectoryError } from "./system/state-directory.ts";
import { basePathOf } from "./zookeeper/layout.ts";
import { decodeSessionKey, encodeSessionKey, type SessionKey } from "./zookeeper/session-key.ts";
import { type Release, releaseSession } from "./zookeeper/session-release.ts";
import type { Transport } from "./zookeeper/transport.ts";

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
  const own = { ...surroundings, stop: running.signal };
  const releasing = releaseLeftBehind(state, config, own);
  const status = await run((key) => {
    try {
      state.remember(encodeSessionKey(key));
    } catch (error) {
      tell("warn", `the session's key was not kept: ${String(error)}`);
    }
  });
  running.abort();
  await releasing;
  // With an effect still running nothing was given up: whoever finds us dead shall do it.
  if (status.code !== exitCodes.effectRunning) state[Symbol.dispose]();
  return status;
}

/**
 * Gives up what dead processes of this host held, so that the next in line need not wait for their
 * sessions to run out. Each is tried for one session timeout. Resolves with whether all is done.
 */
async function releaseLeftBehind(
  state: StateDirectory,
  config: ReleaseConfig,
  surroundings: ReleaseSurroundings,
): Promise<boolean> {
  const leftBehind = state.leftBehind((detail) => surroundings.tell("warn", detail));
  const outcomes = await Promise.all(
    leftBehind.map((left) => releaseOne(left, config, surroundings)),
  );
  return outcomes.every((done) => done);
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

async function releaseOne(
  left: LeftBehind,
  config: ReleaseConfig,
  { scheduler, transport, tell, stop }: ReleaseSurroundings,
): Promise<boolean> {
  const key = decodeSessionKey(left.record);
  if (key === undefined) {
    left.keep();
    tell("warn", "a record of a dead process makes no sense, and is left alone");
    return false;
  }
  const { servers, chroot } = config.zkServers;
  const options = {
    servers,
    transport,
    scheduler,
    basePath: basePathOf(chroot, config.zkPath),
    sessionTimeoutMs: config.sessionTimeoutMs,
  };
  const release = await within(scheduler, config.sessionTimeoutMs, [stop], (limit) =>
    releaseSession(options, key, limit),
  );
  if (release.kind === "failed") left.keep();
  else left.forget();
  tell(release.kind === "failed" ? "warn" : "info", described(release));
  return release.kind !== "failed";
}

function described(release: Release): string {
  switch (release.kind) {
    case "released":
      return `gave up epoch ${release.epoch} of a process that was killed`;
    case "closed":
      return "closed the session of a process that was killed; it did not lead";
    case "gone":
      return "the session of a process that was killed has run out already";
    case "failed":
      return `cannot release what a killed process held: ${release.detail}`;
    default:
      return unreachable(release);
  }
}
