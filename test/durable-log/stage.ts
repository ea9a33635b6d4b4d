import type { Disk } from "../../src/disk/disk.ts";
import { DiskError } from "../../src/disk/disk-error.ts";
import { DurableLog, type DurableLogOptions } from "../../src/durable-log/durable-log.ts";
import type { RaftEntry } from "../../src/raft/log/log-store.ts";
import type { LogWrite } from "../../src/raft/log/write.ts";
import { Life } from "../simulation/referee/life.ts";
import type { DiskSteps } from "../simulation/world/disk-steps.ts";
import { SimulatedDirectory } from "../simulation/world/simulated-directory.ts";
import { SimulatedDisk } from "../simulation/world/simulated-disk.ts";

/** What happens at one step of a disk. */
export interface Fault {
  /** The step it happens at: 1, 2, 3, ... */
  readonly at: number;
  readonly kind: "fail" | "crash-before" | "crash-after";
}

/** Steps that are counted, and of which one fails or is the last of its process. */
export class FaultySteps implements DiskSteps {
  readonly #life = new Life();
  readonly #fault: Fault | undefined;
  count = 0;
  #isDead = false;

  constructor(fault?: Fault) {
    this.#fault = fault;
  }

  /** No step of this process is taken any more. */
  die(): void {
    this.#isDead = true;
  }

  meanwhile(then: () => void): void {
    then();
  }

  async take<Result>(effect: () => Result): Promise<Result> {
    this.count += 1;
    const hit = this.#fault?.at === this.count ? this.#fault.kind : undefined;
    if (hit === "crash-before") this.#isDead = true;
    if (this.#isDead || this.#life.over) return await new Promise<Result>(() => undefined);
    if (hit === "fail") throw new DiskError("failing", "EIO", { errno: "EIO" });
    const result = effect();
    if (hit === "crash-after") {
      this.#isDead = true;
      return await new Promise<Result>(() => undefined);
    }
    await Promise.resolve();
    return result;
  }
}

export function diskOf(directory: SimulatedDirectory, steps: DiskSteps): Disk {
  const witness = { starts: () => undefined, lands: () => undefined };
  return new SimulatedDisk({ path: "/log", directory, writer: "w", now: () => 0, steps, witness });
}

let ids = 0;

export function optionsFor(disk: Disk, more: Partial<DurableLogOptions> = {}): DurableLogOptions {
  return {
    disk,
    node: "1",
    cluster: undefined,
    newId: () => {
      ids += 1;
      return ids.toString(16).padStart(32, "0");
    },
    segmentBytes: 8_192,
    reserveBytes: 4_096,
    cacheBytes: 1_000_000,
    keepBytes: 0,
    batchBytes: 65_536,
    defer: queueMicrotask,
    onRead: () => undefined,
    onFailure: () => undefined,
    ...more,
  };
}

export async function openOn(
  directory: SimulatedDirectory,
  more: Partial<DurableLogOptions> = {},
): Promise<DurableLog> {
  return await DurableLog.open(optionsFor(diskOf(directory, new FaultySteps()), more));
}

export function entry(index: number, term = 1, data = `entry ${index}`): RaftEntry {
  return { index, term, kind: "data", data: new TextEncoder().encode(data) };
}

export function write(part: Partial<LogWrite>): LogWrite {
  return {
    number: 0,
    term: 0,
    lastIndex: 0,
    hardState: undefined,
    piece: undefined,
    install: undefined,
    cutFrom: undefined,
    entries: [],
    ...part,
  };
}

/** All entries of a log, as `index/term/data`. */
export function contentOf(log: DurableLog): readonly string[] {
  const all: string[] = [];
  for (let index = log.firstIndex; index <= log.lastIndex; index += 1) {
    const [found] = log.entries(index, index, 1_000_000) ?? [];
    all.push(`${index}/${found?.term}/${new TextDecoder().decode(found?.data)}`);
  }
  return all;
}
