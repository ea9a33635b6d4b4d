import { refusedHere } from "./errors.ts";
import { absolutePath, pathProblem, relativePath } from "./path.ts";
import type { CreateMode } from "./protocol/create-mode.ts";
import { hasTtl, isSequential } from "./protocol/create-mode.ts";

/** Translates a client's paths into full ones and back, and refuses those that cannot be right. */
export class Namespace {
  readonly #chroot: string;

  constructor(chroot: string) {
    this.#chroot = chroot;
  }

  /** The full path. Throws a `ZooKeeperError`. */
  absolute(operation: string, path: string): string {
    const problem = pathProblem(path);
    if (problem === undefined) return absolutePath(this.#chroot, path);
    throw refusedHere("bad-path", { operation, path }, problem);
  }

  /** The full path of a node to be created. Throws a `ZooKeeperError`. */
  created(operation: string, path: string, mode: CreateMode, ttlMs: number | undefined): string {
    const fits = hasTtl(mode) ? Number.isSafeInteger(ttlMs) : ttlMs === undefined;
    if (!fits) {
      const detail = `the mode ${mode} with a ttlMs of ${String(ttlMs)}`;
      throw refusedHere("bad-arguments", { operation, path }, detail);
    }
    if (!isSequential(mode)) return this.absolute(operation, path);
    // A sequential node may be named by its number alone. Source: PathUtils.java:41.
    this.absolute(operation, `${path}1`);
    return this.#chroot + path;
  }

  /** The client's path. */
  relative(path: string): string {
    return relativePath(this.#chroot, path);
  }
}
