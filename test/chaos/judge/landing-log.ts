import { type FSWatcher, readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { parseFileName } from "../../../src/files/file-name.ts";
import type { Landing } from "./verdict.ts";

/**
 * Watches the leaders' directories by inotify, as any outsider could: what gets a final name, in
 * which order, and whether it is whole.
 */
export class LandingLog implements Disposable {
  readonly landings: Landing[] = [];
  /** What was found wrong with a file, as sentences. */
  readonly problems: string[] = [];
  readonly #watchers: readonly FSWatcher[];
  readonly #seen = new Set<string>();
  /** The highest epoch, and where its files land. */
  #leading: { readonly epoch: bigint; readonly path: string } | undefined;

  constructor(...paths: readonly string[]) {
    this.#watchers = paths.map((path) => {
      const watcher = watch(path, (_, name) => this.#look(path, String(name)));
      return watcher.on("error", (error) => this.problems.push(`inotify: ${String(error)}`));
    });
  }

  /** A file that landed after `after`, now or later; undefined when time is up. */
  async next(after: number, limitMs: number): Promise<Landing | undefined> {
    return await this.find(({ at }) => at > after, limitMs);
  }

  /** The last file that satisfies `matches`, now or later; undefined when time is up. */
  async find(
    matches: (landing: Landing) => boolean,
    limitMs: number,
  ): Promise<Landing | undefined> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const found = this.landings.findLast(matches);
      if (found !== undefined || performance.now() > deadline) return found;
      await Bun.sleep(5);
    }
  }

  /**
   * How many files there are now where the leader writes. A directory that it has left may keep one
   * more: whoever landed it there late had no right to prune any more.
   */
  get kept(): number {
    const path = this.#leading?.path;
    if (path === undefined) return 0;
    return readdirSync(path).filter((name) => parseFileName(name).kind === "final").length;
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) watcher.close();
  }

  #look(path: string, name: string): void {
    const at = performance.now();
    const parsed = parseFileName(name);
    if (parsed.kind !== "final" || this.#seen.has(name)) return;
    this.#seen.add(name);
    const replica = this.#writerOf(join(path, name), name, parsed.epoch);
    if (parsed.epoch > (this.#leading?.epoch ?? 0n)) this.#leading = { epoch: parsed.epoch, path };
    this.landings.push({ name, epoch: parsed.epoch, replica, at });
  }

  /** Undefined when the file was pruned before we could look. */
  #writerOf(path: string, name: string, epoch: bigint): string | undefined {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
    try {
      const record = JSON.parse(text) as { replica: string; epoch: string; sequence: number };
      const stem = `${record.epoch.padStart(19, "0")}-${String(record.sequence).padStart(10, "0")}`;
      if (`${stem}.json` !== name || BigInt(record.epoch) !== epoch || !text.endsWith("}\n")) {
        this.problems.push(`${name} says something else: ${text}`);
      }
      return record.replica;
    } catch {
      this.problems.push(`${name} is partial: ${JSON.stringify(text)}`);
      return undefined;
    }
  }
}
