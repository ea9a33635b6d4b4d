import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A disk whose flushes hang at the test's will, for a replica that is started with `environment`. */
export class HangingDisk {
  /** The variables that make a replica see this disk. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #mark: string;

  /** @param directory where the shim is compiled to; the caller removes it */
  constructor(directory: string) {
    const shim = join(directory, "hanging-flush.so");
    const source = join(import.meta.dir, "hanging-flush.c");
    const command = ["g++", "-x", "c", "-shared", "-fPIC", "-o", shim, source, "-ldl"];
    const { exitCode, stderr } = Bun.spawnSync(command);
    if (exitCode !== 0) throw new Error(`g++ is needed: ${stderr.toString()}`);
    this.#mark = join(directory, "hang");
    this.environment = { LD_PRELOAD: shim, HANG_WHILE: this.#mark };
  }

  /** From now on every flush waits. */
  hang(): void {
    writeFileSync(this.#mark, "");
  }

  /** Flushes go on. */
  release(): void {
    rmSync(this.#mark, { force: true });
  }
}
