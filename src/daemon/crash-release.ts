import { resolvesBefore, within } from "../base/deadline.ts";
import { Scope } from "../base/scope.ts";
import { later, type Scheduler } from "../base/scheduler.ts";
import type { ExitStatus } from "../election/exit-status.ts";
import type { Coordination } from "../election/ports/coordination.ts";
import type { CrashRecords, LeftBehindRecords, Teller } from "../election/ports/crash-records.ts";
import { StateDirectory, StateDirectoryError } from "../system/state-directory.ts";

/** How often a start looks again: a process that was killed may leave a command to end yet. */
const lookAgainMs = 250;
/** How long the end of the process waits for a disk on which our record is removed. */
const removalLimitMs = 500;

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
  const seeking = { ...means, tell: tellingOnce(means.tell), stop: running.signal };
  // Before we hold anything ourselves: the disk has answered already when the directory was opened.
  const first = await leftBehind(state, seeking.tell);
  const releasing = releaseAsTheyEnd(first, state, seeking);
  const status = await run();
  running.abort();
  await releasing;
  // What was not given up, or not surely, is for the process that finds us dead.
  if (status.clean) await removed(state, means.scheduler);
  return status;
}

/**
 * Releases what dead processes left, `first` and then again and again until the session of a
 * process that was killed just now has run out: a daemon that was killed holds its lock by its
 * command until that has ended.
 */
async function releaseAsTheyEnd(
  first: LeftBehindRecords,
  records: CrashRecords,
  { coordination, scheduler, tell, stop }: ReleaseMeans,
): Promise<void> {
  const end = later(scheduler.now(), coordination.patience.expiryMs);
  await coordination.releaseLeftBehind(first, tell, stop);
  for (;;) {
    await scheduler.sleep(lookAgainMs, stop);
    if (stop.aborted || scheduler.now() >= end) return;
    await coordination.releaseLeftBehind(await leftBehind(records, tell), tell, stop);
  }
}

async function leftBehind(records: CrashRecords, tell: Teller): Promise<LeftBehindRecords> {
  return await records.leftBehind((detail) => tell("warn", detail));
}

/** Tells each detail only once: a record that is left alone is found with every look. */
function tellingOnce(tell: Teller): Teller {
  const told = new Set<string>();
  return (level, detail) => {
    if (!told.has(detail)) tell(level, detail);
    told.add(detail);
  };
}

/** Gives the disk some time to remove our record, and no more: the process is to end. */
async function removed(state: StateDirectory, scheduler: Scheduler): Promise<void> {
  await within(scheduler, removalLimitMs, [], (limit) =>
    resolvesBefore(state[Symbol.asyncDispose](), limit),
  );
}
