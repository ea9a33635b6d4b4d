import type { Config } from "./config/options.ts";
import { within } from "./election/deadline.ts";
import type { Scheduler } from "./election/scheduler.ts";
import { unreachable } from "./election/unreachable.ts";
import { type LeftBehind, StateDirectory, StateDirectoryError } from "./system/state-directory.ts";
import { basePathOf } from "./zookeeper/layout.ts";
import { decodeSessionKey } from "./zookeeper/session-key.ts";
import { type Release, releaseSession } from "./zookeeper/session-release.ts";
import { TcpTransport } from "./zookeeper/tcp-transport.ts";

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

/**
 * Gives up what dead processes of this host held, so that the next in line need not wait for their
 * sessions to run out. Each is tried for one session timeout. Resolves with whether all is done.
 */
export async function releaseLeftBehind(
  state: StateDirectory,
  config: Config,
  scheduler: Scheduler,
  tell: Teller,
  stop: AbortSignal,
): Promise<boolean> {
  const leftBehind = state.leftBehind((detail) => tell("warn", detail));
  const outcomes = await Promise.all(
    leftBehind.map((left) => releaseOne(left, config, scheduler, tell, stop)),
  );
  return outcomes.every((done) => done);
}

async function releaseOne(
  left: LeftBehind,
  config: Config,
  scheduler: Scheduler,
  tell: Teller,
  stop: AbortSignal,
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
    transport: new TcpTransport(),
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
