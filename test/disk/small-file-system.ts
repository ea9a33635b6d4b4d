import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of one mebibyte in memory, which can be filled up. Mounting one takes root. */
export class SmallFileSystem implements Disposable {
  readonly path: string;
  readonly #parent: string;
  readonly #ballast: string;

  constructor() {
    this.#parent = mkdtempSync(join(tmpdir(), "election-small-"));
    this.path = join(this.#parent, "small");
    this.#ballast = join(this.path, "ballast");
    mkdirSync(this.path);
    this.#mount("-t", "tmpfs", "-o", "size=1m", "tmpfs");
    writeFileSync(this.#ballast, "");
  }

  /** Not a byte fits any more. */
  fill(): void {
    for (let bytes = 65_536; bytes >= 1;) {
      try {
        appendFileSync(this.#ballast, new Uint8Array(bytes));
      } catch {
        bytes = Math.floor(bytes / 2);
      }
    }
  }

  makeRoom(): void {
    truncateSync(this.#ballast);
  }

  /** From now on it takes no changes (`ro`), or takes them again (`rw`). */
  remount(mode: "ro" | "rw"): void {
    this.#mount("-o", `remount,${mode}`);
  }

  [Symbol.dispose](): void {
    Bun.spawnSync(["umount", "-l", this.path]);
    rmSync(this.#parent, { recursive: true, force: true });
  }

  #mount(...options: readonly string[]): void {
    const { exitCode, stderr } = Bun.spawnSync(["mount", ...options, this.path]);
    if (exitCode === 0) return;
    throw new Error(`this test mounts a tmpfs, which takes root: ${stderr.toString()}`);
  }
}
