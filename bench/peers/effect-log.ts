import { type FSWatcher, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { parseFileName } from "../../src/files/file-name.ts";

/** A leader's file at the moment it got its final name: an effect, seen from outside. */
export interface Effect {
  readonly name: string;
  /** Distinguishes one leadership from another: the epoch, or what the contender has like it. */
  readonly term: bigint;
  readonly candidate: string;
  /** `performance.now()` at which inotify told us. */
  readonly at: number;
}

interface Wait {
  readonly matches: (effect: Effect) => boolean;
  readonly resolve: (effect: Effect) => void;
}

/**
 * Sees the leaders' files of one service by inotify, the same way for every contender. Unlike
 * ArrivalWatch it keeps those of leaders that should have ceased.
 */
export class EffectLog implements Disposable {
  readonly effects: Effect[] = [];
  readonly #directory: string;
  readonly #watcher: FSWatcher;
  readonly #seen = new Set<string>();
  readonly #writers = new Map<bigint, string>();
  readonly #waits = new Set<Wait>();

  constructor(directory: string) {
    this.#directory = directory;
    this.#watcher = watch(directory, (_event, name) => {
      const at = performance.now();
      if (name !== null) this.#see(name, at);
    });
  }

  get latest(): Effect | undefined {
    return this.effects.at(-1);
  }

  /** Those that landed after `at`. */
  since(at: number): readonly Effect[] {
    return this.effects.slice(this.effects.findLastIndex((effect) => effect.at <= at) + 1);
  }

  /** The next effect from now on that satisfies `matches`. */
  async next(matches: (effect: Effect) => boolean, limitMs: number): Promise<Effect> {
    const { promise, resolve } = Promise.withResolvers<Effect>();
    const wait = { matches, resolve };
    this.#waits.add(wait);
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), limitMs);
    const effect = await Promise.race([promise, late.promise]);
    clearTimeout(timer);
    this.#waits.delete(wait);
    if (effect === undefined) {
      throw new Error(`no such effect in ${this.#directory} within ${limitMs} ms`);
    }
    return effect;
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
  }

  #see(name: string, at: number): void {
    const parsed = parseFileName(name);
    // A name that was seen before is an old file being pruned.
    if (parsed.kind !== "final" || this.#seen.has(name)) return;
    this.#seen.add(name);
    const candidate = this.#writerOf(parsed.epoch, name);
    const effect = { name, term: parsed.epoch, candidate, at };
    this.effects.push(effect);
    for (const wait of this.#waits) if (wait.matches(effect)) wait.resolve(effect);
  }

  /** One leadership is one writer's, so its first file tells. */
  #writerOf(term: bigint, name: string): string {
    const known = this.#writers.get(term);
    if (known !== undefined) return known;
    const text = readFileSync(join(this.#directory, name), "utf8");
    const { replica } = JSON.parse(text) as { replica: string };
    this.#writers.set(term, replica);
    return replica;
  }
}
