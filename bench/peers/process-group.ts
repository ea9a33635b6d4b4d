import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What one unit of utime and stime is. Source: proc(5), USER_HZ is 100 wherever Linux runs. */
const tickMs = 10;

/** The processes of a group. Source: proc(5), field 5 of /proc/pid/stat */
export function membersOf(group: number): readonly number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/u.test(entry))
    .map(Number)
    .filter((pid) => Number(statOf(pid)?.[2]) === group);
}

/** The processor time that processes have taken so far. */
export class ProcessorTime {
  /** Nanoseconds by thread. Source: the first number of /proc/pid/task/tid/schedstat */
  readonly #threads: ReadonlyMap<string, number>;
  /** Of all threads, those that have ended, too: fields 14 and 15 of /proc/pid/stat. */
  readonly #ownMs: number;
  /** Of children that were waited for: fields 16 and 17. */
  readonly #childrenMs: number;

  constructor(pids: readonly number[]) {
    const ticks = (pid: number, ...fields: readonly number[]): number => {
      const stat = statOf(pid) ?? [];
      return sum(fields.map((index) => Number(stat[index] ?? 0))) * tickMs;
    };
    this.#threads = new Map(pids.flatMap(threadTimes));
    this.#ownMs = sum(pids.map((pid) => ticks(pid, 11, 12)));
    this.#childrenMs = sum(pids.map((pid) => ticks(pid, 13, 14)));
  }

  /** In milliseconds. As exact as the scheduler where the threads are still the same. */
  until(later: ProcessorTime): number {
    const same =
      this.#threads.size === later.#threads.size &&
      [...this.#threads.keys()].every((thread) => later.#threads.has(thread));
    const exactMs = (sum([...later.#threads.values()]) - sum([...this.#threads.values()])) / 1e6;
    const own = same && this.#threads.size > 0 ? exactMs : later.#ownMs - this.#ownMs;
    return own + later.#childrenMs - this.#childrenMs;
  }
}

function threadTimes(pid: number): readonly (readonly [thread: string, nanoseconds: number])[] {
  return entriesOf(`/proc/${pid}/task`).flatMap((thread) => {
    const text = readOrEmpty(`/proc/${pid}/task/${thread}/schedstat`);
    return text === "" ? [] : [[thread, Number(text.split(" ")[0])] as const];
  });
}

/** Memory that is resident, and the share of it that counts what others map, too, in parts. */
export interface Memory {
  readonly residentMiB: number;
  readonly proportionalMiB: number;
}

export function memoryOf(pids: readonly number[]): Memory {
  const texts = pids.map((pid) => readOrEmpty(`/proc/${pid}/smaps_rollup`));
  const total = (field: string): number =>
    sum(
      texts.map((text) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "mu").exec(text)?.[1] ?? 0)),
    );
  return { residentMiB: total("Rss") / 1_024, proportionalMiB: total("Pss") / 1_024 };
}

/** The local ports of its TCP connections. Source: proc(5), /proc/net/tcp and tcp6 */
export function localPorts(pids: readonly number[]): ReadonlySet<number> {
  const inodes = new Set(pids.flatMap(socketsOf));
  const lines = ["tcp", "tcp6"].flatMap((table) => readOrEmpty(`/proc/net/${table}`).split("\n"));
  const rows = lines.map((line) => line.trim().split(/\s+/u));
  const own = rows.filter((row) => inodes.has(row[9] ?? ""));
  return new Set(own.map((row) => Number.parseInt(row[1]?.split(":")[1] ?? "", 16)));
}

function socketsOf(pid: number): readonly string[] {
  return entriesOf(`/proc/${pid}/fd`).flatMap((fd) => {
    const target = linkOf(`/proc/${pid}/fd/${fd}`);
    return /^socket:\[(\d+)\]$/u.exec(target)?.slice(1, 2) ?? [];
  });
}

/** None where the process is gone. */
function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** From the third field on, since the second one, a name, may contain anything. */
function statOf(pid: number): readonly string[] | undefined {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat === "" ? undefined : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
