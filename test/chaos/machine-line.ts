import { availableParallelism, cpus, release, totalmem } from "node:os";

/** Where the figures come from, in one line. */
export function machineText(): string {
  const cores = `${availableParallelism()} cores of ${cpus()[0]?.model ?? "an unknown make"}`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const date = new Date().toISOString().slice(0, 10);
  return `${cores}, ${memory}, Linux ${release()}, Bun ${Bun.version}, ${date}`;
}
