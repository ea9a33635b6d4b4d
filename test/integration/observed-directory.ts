import { type FSWatcher, readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { parseFileName } from "../../src/files/file-name.ts";

/** A file of a leader, seen from outside at the moment it got its final name. */
export interface Landing {
  readonly name: string;
  readonly epoch: bigint;
  readonly replica: string;
  /** performance.now() of this process. */
  readonly at: number;
}

/** Watches a directory as an outsider: what lands in it, in which order, and whether it is whole. */
export class ObservedDirectory implements Disposable {
  readonly landings: Landing[] = [];
  readonly #path: string;
  readonly #watcher: FSWatcher;
  readonly #seen = new Set<string>();
  #landed = Promise.withResolvers<void>();

  constructor(path: string) {
    this.#path = path;
    this.#watcher = watch(path, (_, name) => this.#look(String(name)));
    for (const name of readdirSync(path)) this.#look(name);
  }

  /** The first landing that satisfies `matches`, now or later. */
  async landing(
    what: string,
    matches: (landing: Landing) => boolean,
    limitMs = 60_000,
  ): Promise<Landing> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const found = this.landings.find((landing) => matches(landing));
      if (found !== undefined) return found;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new Error(`no ${what} within ${limitMs} ms`);
      await Promise.race([this.#landed.promise, Bun.sleep(leftMs)]);
    }
  }

  /** The next landing from now on. */
  next(what: string): Promise<Landing> {
    const count = this.landings.length;
    return this.landing(what, (landing) => this.landings.indexOf(landing) >= count);
  }

  /** Whether the epochs, in the order of landing, never went down. */
  get epochsRise(): boolean {
    return this.landings.every(
      ({ epoch }, index) => index === 0 || epoch >= (this.landings[index - 1]?.epoch ?? 0n),
    );
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
  }

  #look(name: string): void {
    const at = performance.now();
    const parsed = parseFileName(name);
    if (parsed.kind !== "final" || this.#seen.has(name)) return;
    const text = readText(join(this.#path, name));
    // Pruned already: the event that tells of it is the removal's.
    if (text === undefined) return;
    this.#seen.add(name);
    const { replica, epoch } = JSON.parse(text) as { replica: string; epoch: string };
    if (BigInt(epoch) !== parsed.epoch) throw new Error(`${name} says epoch ${epoch}`);
    this.landings.push({ name, epoch: parsed.epoch, replica, at });
    const landed = this.#landed;
    this.#landed = Promise.withResolvers<void>();
    landed.resolve();
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
