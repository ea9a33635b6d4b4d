import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { tmpdir } from "node:os";

/** Where figures come from; without it they mean nothing. */
export interface Machine {
  readonly date: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly fileSystem: string;
  readonly bun: string;
  readonly zookeeper: string;
  /** Runnable processes over the last minute: above `cores`, others were in our way. */
  readonly load: number;
}

export async function describeMachine(zookeeper: string): Promise<Machine> {
  return {
    date: new Date().toISOString(),
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    fileSystem: (await Bun.$`stat --file-system --format=%T ${tmpdir()}`.text()).trim(),
    bun: Bun.version,
    zookeeper,
    load: loadavg()[0] ?? 0,
  };
}
