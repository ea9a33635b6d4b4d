import { type FSWatcher, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import type { Epoch } from "../src/election/ports/coordinator.ts";
import { parseFileName } from "../src/files/file-name.ts";

/** A leader's file that has just got its final name. */
export interface Arrival {
  readonly name: string;
  readonly epoch: Epoch;
  /** The replica that its content names; undefined when it was pruned before we could look. */
  readonly replica: string | undefined;
  /** `performance.now()` at which we were told. */
  readonly at: number;
}

interface Wait {
  readonly above: Epoch;
  readonly resolve: (arrival: Arrival) => void;
}

/**
 * Sees the leaders' files from outside, as any reader of the directory would: by inotify, which
 * here reports a rename within some 0.05 ms. What replicas say of themselves plays no part.
 */
export class ArrivalWatch implements Disposable {
  readonly #directory: string;
  readonly #watcher: FSWatcher;
  readonly #heard: (arrival: Arrival) => void;
  readonly #waits = new Set<Wait>();
  #latest: Arrival | undefined;

  constructor(directory: string, heard: (arrival: Arrival) => void = () => undefined) {
    this.#directory = directory;
    this.#heard = heard;
    this.#watcher = watch(directory, (_event, name) => {
      const at = performance.now();
      if (name !== null) this.#see(name, at);
    });
  }

  get latest(): Arrival | undefined {
    return this.#latest;
  }

  /** The next file whose epoch is higher than `above`. */
  async next(above: Epoch, limitMs: number): Promise<Arrival> {
    const { promise, resolve } = Promise.withResolvers<Arrival>();
    const wait = { above, resolve };
    this.#waits.add(wait);
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), limitMs);
    const arrival = await Promise.race([promise, late.promise]);
    clearTimeout(timer);
    this.#waits.delete(wait);
    if (arrival === undefined) throw new Error(`no new leader's file within ${limitMs} ms`);
    return arrival;
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
  }

  /** Names sort by age, so a name that is not above all others is an old file being pruned. */
  #see(name: string, at: number): void {
    const parsed = parseFileName(name);
    if (parsed.kind !== "final" || name <= (this.#latest?.name ?? "")) return;
    const { epoch } = parsed;
    const arrival = { name, epoch, replica: this.#writerOf(name), at };
    this.#latest = arrival;
    for (const wait of this.#waits) if (epoch > wait.above) wait.resolve(arrival);
    this.#heard(arrival);
  }

  #writerOf(name: string): string | undefined {
    try {
      const record: unknown = JSON.parse(readFileSync(join(this.#directory, name), "utf8"));
      const named = typeof record === "object" && record !== null && "replica" in record;
      return named ? String(record.replica) : undefined;
    } catch {
      return undefined;
    }
  }
}
