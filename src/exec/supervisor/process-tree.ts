import { readdirSync, readFileSync } from "node:fs";

/** A process that was there a moment ago. */
export interface ProcessStatus {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Not one of its threads runs any more. */
  readonly dead: boolean;
}

/** No number of a process is higher. Source: PID_MAX_LIMIT of 64-bit Linux */
export const highestPid = 4 * 1024 * 1024;

/** Where the number of threads stands behind the state. Source: proc(5), /proc/pid/stat */
const threadsAt = 16;

/** Undefined for a process that is gone. Source: proc(5), /proc/pid/stat */
export function statusOf(pid: number): ProcessStatus | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name of the program, in parentheses, may hold anything.
  const [state = "", ...numbers] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [parent = 0, group = 0, session = 0] = numbers.slice(0, 3).map(Number);
  // One whose first thread has ended looks like a dead one, and goes on in its others.
  const dead = "ZX".includes(state) && Number(numbers[threadsAt]) <= 1;
  return { pid, parent, group, session, dead };
}

/** The highest number that a process may have, as far as it can be known. Source: proc(5) */
export function pidLimit(): number {
  const limit = Number(read("/proc/sys/kernel/pid_max"));
  return Number.isInteger(limit) && limit > 1 && limit < highestPid ? limit : highestPid;
}

/**
 * The descendants of this process, the dead among them. A process that forks meanwhile can be
 * missed, and so can its children: who must know that none is left asks waitid(2).
 */
export function descendants(): readonly ProcessStatus[] {
  const children = childrenOf(process.pid);
  // Not every kernel tells children; without that the whole host is looked through.
  if (children === undefined) return descendantsByParent();
  const pids = [...children];
  const found = new Map<number, ProcessStatus>();
  for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
    const status = found.has(pid) ? undefined : statusOf(pid);
    if (status === undefined) continue;
    found.set(pid, status);
    if (!status.dead) pids.push(...(childrenOf(pid) ?? []));
  }
  return [...found.values()];
}

/** Undefined where it cannot be told. Source: proc(5), /proc/pid/task/tid/children */
function childrenOf(pid: number): readonly number[] | undefined {
  const tasks = `/proc/${pid}/task`;
  const children: number[] = [];
  let told = false;
  for (const task of list(tasks)) {
    const text = read(`${tasks}/${task}/children`);
    if (text === undefined) continue;
    told = true;
    for (const child of text.split(" ")) if (child !== "") children.push(Number(child));
  }
  return told ? children : undefined;
}

function descendantsByParent(): readonly ProcessStatus[] {
  const all = new Map<number, ProcessStatus>();
  for (const name of list("/proc")) {
    const status = /^\d+$/.test(name) ? statusOf(Number(name)) : undefined;
    if (status !== undefined) all.set(status.pid, status);
  }
  return [...all.values()].filter(({ parent }) => {
    let ancestor: number | undefined = parent;
    // No line of ancestors is longer than the list; a torn reading might have a circle in it.
    for (let steps = 0; ancestor !== undefined && steps < all.size; steps += 1) {
      if (ancestor === process.pid) return true;
      ancestor = all.get(ancestor)?.parent;
    }
    return false;
  });
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
