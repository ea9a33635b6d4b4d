import { Scope } from "../base/scope.ts";
import { later, type Scheduler } from "../base/scheduler.ts";
import type { ExitStatus } from "../election/exit-status.ts";
import type { Coordination } from "../election/ports/coordination.ts";
import type { CrashRecords, Teller } from "../election/ports/crash-records.ts";
import { StateDirectory, StateDirectoryError } from "../system/state-directory.ts";

/** How often a start looks again: a process that was killed may leave a command to end yet. */
const lookAgainMs = 250;

/** The state directory at `path`; undefined, and told why, where none can be used. */
export async function openStateDirectory(
  path: string | null,
  tell: Teller,
): Promise<StateDirectory | undefined> {
  if (path === null) return undefined;
  try {
    return await StateDirectory.open(path);
  } catch (error) {
    if (!(error instanceof StateDirectoryError)) throw error;
    tell("warn", `crash release is off: ${error.message}`);
    return undefined;
  }
}

/** What a release touches the world with: the daemon's is real, the simulation's is not. */
interface ReleaseMeans {
  readonly coordination: Pick<Coordination, "releaseLeftBehind" | "patience">;
  readonly scheduler: Scheduler;
  readonly tell: Teller;
  readonly stop: AbortSignal;
}

/**
 * Runs a replica that keeps records in `state`, and meanwhile releases what dead processes left
 * there. After an orderly end nothing of ours stays.
 */
export async function runReleasing(
  state: StateDirectory | undefined,
  means: ReleaseMeans,
  run: () => Promise<ExitStatus>,
): Promise<ExitStatus> {
  if (state === undefined) return await run();
  using running = new Scope(means.stop);
  const releasing = releaseAsTheyEnd(state, { ...means, stop: running.signal });
  const status = await run();
  running.abort();
  await releasing;
  // What was not given up, or not surely, is for whoever finds us dead.
  if (status.clean) state[Symbol.dispose]();
  return status;
}

/**
 * Releases what dead processes left, again and again until the session of whoever was killed just
 * now has run out: a daemon that was killed holds its lock by its command until that has ended.
 */
async function releaseAsTheyEnd(records: CrashRecords, means: ReleaseMeans): Promise<void> {
  const { coordination, scheduler, stop } = means;
  const told = new Set<string>();
  const tell: Teller = (level, detail) => {
    if (!told.has(detail)) means.tell(level, detail);
    told.add(detail);
  };
  const end = later(scheduler.now(), coordination.patience.expiryMs);
  while (!stop.aborted && scheduler.now() < end) {
    await coordination.releaseLeftBehind(records, tell, stop);
    await scheduler.sleep(lookAgainMs, stop);
  }
}
