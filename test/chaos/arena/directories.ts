import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, failureOf } from "./command.ts";

/** Room for some 120 files of a block each. */
const size = "512k";
const block = 4096;
const patienceMs = 5_000;

/** All replicas write into one directory, or each into one of its own, where no fence helps. */
export type Layout = "shared" | "own";

/**
 * A small disk with a directory for all replicas, and one for each. A replica sees one of the two
 * through a mount of its own, so it can fail for all at once, or for one of them. Below every mount
 * lies an empty directory that nobody can write to, as below a well-kept mount point.
 */
export class Directories implements Disposable {
  readonly #root = mkdtempSync(join(tmpdir(), "election-chaos-"));
  readonly #disk = join(this.#root, "disk");
  readonly #windows = join(this.#root, "windows");
  readonly #replicas: readonly string[];
  #layout: Layout = "shared";

  constructor(replicas: readonly string[]) {
    this.#replicas = replicas;
    for (const path of [this.#disk, this.#windows]) {
      mkdirSync(path);
      command("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path);
    }
    for (const path of this.paths) mkdirSync(path);
    for (const replica of replicas) mkdirSync(this.windowOf(replica));
    command("mount", "-o", "remount,ro", this.#windows);
    this.mount(replicas);
  }

  /** The directories themselves, where observers look. */
  get paths(): readonly string[] {
    return ["shared", ...this.#replicas].map((name) => join(this.#disk, name));
  }

  /** Changes what the replicas see; false when they see it already. */
  arrange(layout: Layout): boolean {
    if (layout === this.#layout) return false;
    this.unmount(this.#replicas);
    this.#layout = layout;
    this.mount(this.#replicas);
    return true;
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
    for (const replica of replicas) {
      const source = join(this.#disk, this.#layout === "own" ? replica : "shared");
      command("mount", "--bind", source, this.windowOf(replica));
    }
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
    Bun.spawnSync(["umount", "--lazy", this.#disk]);
    rmSync(this.#root, { recursive: true, force: true });
  }

  get #ballast(): string {
    return join(this.#disk, "ballast");
  }
}
