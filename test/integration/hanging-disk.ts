import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What hangs. A rename that hangs was begun: it lands whenever the disk is back. */
export type Hanging = "flushes" | "renames" | "removals";

/** A disk that hangs at the test's will, for a replica that is started with `environment`. */
export class HangingDisk {
  /** The variables that make a replica see this disk. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #marks: Readonly<Record<Hanging, string>>;

  /** @param directory where the shim is compiled to; the caller removes it */
  constructor(directory: string) {
    const shim = join(directory, "hanging-disk.so");
    const source = join(import.meta.dir, "hanging-disk.c");
    const command = ["g++", "-x", "c", "-shared", "-fPIC", "-o", shim, source, "-ldl"];
    const { exitCode, stderr } = Bun.spawnSync(command);
    if (exitCode !== 0) throw new Error(`g++ is needed: ${stderr.toString()}`);
    this.#marks = {
      flushes: join(directory, "hang-flushes"),
      renames: join(directory, "hang-renames"),
      removals: join(directory, "hang-removals"),
    };
    this.environment = {
      LD_PRELOAD: shim,
      HANG_FLUSHES_WHILE: this.#marks.flushes,
      HANG_RENAMES_WHILE: this.#marks.renames,
      HANG_REMOVALS_WHILE: this.#marks.removals,
    };
  }

  /** From now on each of them waits. */
  hang(what: Hanging = "flushes"): void {
    rmSync(`${this.#marks[what]}.held`, { force: true });
    writeFileSync(this.#marks[what], "");
  }

  /** Whether one of them waits, or has waited, since they hang. */
  holds(what: Hanging): boolean {
    return existsSync(`${this.#marks[what]}.held`);
  }

  /** All goes on. */
  release(): void {
    for (const mark of Object.values(this.#marks)) rmSync(mark, { force: true });
  }
}
