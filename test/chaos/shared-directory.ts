import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, failureOf } from "./command.ts";

/** Room for some sixty files of a block each. */
const size = "256k";
const block = 4096;
const patienceMs = 5_000;

/**
 * One small directory for all replicas, that each sees through a mount of its own. So it can fail
 * for all at once, or for one of them. Below every mount lies an empty directory that nobody can
 * write to, as below a well-kept mount point.
 */
export class SharedDirectory implements Disposable {
  /** The directory itself, where observers look. */
  readonly path: string;
  readonly #root = mkdtempSync(join(tmpdir(), "election-chaos-"));
  readonly #windows: string;

  constructor(replicas: readonly string[]) {
    this.path = join(this.#root, "shared");
    this.#windows = join(this.#root, "windows");
    for (const path of [this.path, this.#windows]) {
      mkdirSync(path);
      command("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path);
    }
    for (const replica of replicas) mkdirSync(this.windowOf(replica));
    command("mount", "-o", "remount,ro", this.#windows);
    this.mount(replicas);
  }

  /** The directory as this replica sees it. */
  windowOf(replica: string): string {
    return join(this.#windows, replica);
  }

  /** Leaves no room for a single file, as far as that is free now. */
  fill(): void {
    try {
      for (;;) writeFileSync(this.#ballast, new Uint8Array(block), { flag: "a" });
    } catch {
      // Full.
    }
  }

  makeRoom(): void {
    rmSync(this.#ballast, { force: true });
  }

  mount(replicas: readonly string[]): void {
    for (const replica of replicas) command("mount", "--bind", this.path, this.windowOf(replica));
  }

  /** Takes it away under whoever uses it. */
  unmount(replicas: readonly string[]): void {
    for (const replica of replicas) command("umount", "--lazy", this.windowOf(replica));
  }

  /** The kernel refuses as long as a file is open for writing, which never is for long. */
  async makeReadOnly(replicas: readonly string[]): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (const replica of replicas) {
      for (;;) {
        const failure = failureOf("mount", "-o", "remount,bind,ro", this.windowOf(replica));
        if (failure === undefined) break;
        if (performance.now() > deadline) throw new Error(failure);
        await Bun.sleep(1);
      }
    }
  }

  makeWritable(replicas: readonly string[]): void {
    for (const replica of replicas) {
      command("mount", "-o", "remount,bind,rw", this.windowOf(replica));
    }
  }

  [Symbol.dispose](): void {
    Bun.spawnSync(["umount", "--lazy", "--recursive", this.#windows]);
    Bun.spawnSync(["umount", "--lazy", this.path]);
    rmSync(this.#root, { recursive: true, force: true });
  }

  get #ballast(): string {
    return join(this.path, "ballast");
  }
}
