import type { PersistentWatch } from "./persistent-watch.ts";
import type { Namespace } from "../namespace.ts";
import type { NodeEvent, NodeEventKind } from "../protocol/replies.ts";
import type { WatchPaths } from "../protocol/requests.ts";
import type { Abortable } from "./watch-signals.ts";
import { WatchSignals } from "./watch-signals.ts";

/** How a one-shot watch ended. */
export type WatchEvent =
  | {
      readonly kind: NodeEventKind;
      readonly path: string;
      /**
       * Whether the server said so on the very connection on which the watch was set. After a
       * reconnect, several changes are folded into one event, and what lies between is unknown.
       */
      readonly unbroken: boolean;
    }
  /** The session ended, and its watches with it. */
  | { readonly kind: "session-ended" }
  /** The watch's own signal aborted, or its watches were removed. */
  | { readonly kind: "aborted" };

/**
 * On which of a server's lists a watch stands: of a node's data, of a node that does not exist
 * yet, of a node's children. Source: ZKWatchManager.java:345-461.
 */
export type WatchList = "data" | "exist" | "child";

/** What removeWatches names by number. Source: Watcher.java (WatcherType). */
export const removals = {
  children: { type: 1, lists: ["child"] },
  data: { type: 2, lists: ["data", "exist"] },
  any: { type: 3, lists: ["data", "exist", "child"] },
} as const;

interface OneShotWatch extends Abortable {
  readonly generation: number;
  finish(event: WatchEvent): void;
}

type WatchTable = Map<string, Set<OneShotWatch>>;

/** Which lists an event takes from. Source: ZKWatchManager.java:345-461. */
const listsOf: Readonly<Record<NodeEventKind, readonly WatchList[]>> = {
  created: ["data", "exist"],
  changed: ["data", "exist"],
  "children-changed": ["child"],
  deleted: ["data", "child", "exist"],
};

/** All watches of a session, by the full path of their nodes. */
export class WatchRegistry {
  readonly #names: Namespace;
  readonly #tables: Readonly<Record<WatchList, WatchTable>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
  };
  readonly #persistent = new Set<PersistentWatch>();
  readonly #signals = new WatchSignals();
  #oneShots = 0;

  constructor(names: Namespace) {
    this.#names = names;
  }

  /** How many watches are kept: what a bound is compared with. */
  get size(): number {
    return this.#oneShots + this.#persistent.size;
  }

  /**
   * Keeps a one-shot watch that a server has just confirmed. Its promise never rejects; it
   * resolves with the event, or with the end of the session or of `signal`, whichever is first.
   */
  arm(list: WatchList, path: string, signal: AbortSignal, generation: number): Promise<WatchEvent> {
    if (signal.aborted) return Promise.resolve({ kind: "aborted" });
    const { promise, resolve } = Promise.withResolvers<WatchEvent>();
    const watch: OneShotWatch = {
      generation,
      abort: () => watch.finish({ kind: "aborted" }),
      finish: (event) => {
        this.#signals.leave(signal, watch);
        this.#forget(list, path, watch);
        resolve(event);
      },
    };
    this.#signals.join(signal, watch);
    const watches = this.#tables[list].get(path) ?? new Set();
    this.#tables[list].set(path, watches.add(watch));
    this.#oneShots += 1;
    return promise;
  }

  /**
   * Hands a server's event to all that wait for it.
   * @param generation the number of the connection that it came on
   */
  dispatch(event: NodeEvent, generation: number): void {
    const path = this.#names.relative(event.path);
    for (const list of listsOf[event.kind]) {
      for (const watch of this.#at(list, event.path)) {
        watch.finish({ kind: event.kind, path, unbroken: watch.generation === generation });
      }
    }
    for (const watch of this.#persistent) {
      if (watch.matches(event)) watch.deliver({ kind: event.kind, path });
    }
  }

  /** Keeps a persistent watch, before a server has confirmed it. */
  addPersistent(watch: PersistentWatch): void {
    this.#persistent.add(watch);
  }

  /** Forgets a persistent watch that nobody wants any more. */
  removePersistent(watch: PersistentWatch): void {
    this.#persistent.delete(watch);
  }

  /** Whether any watch stands on exactly this node. */
  has(path: string): boolean {
    const lists = Object.values(this.#tables);
    return (
      lists.some((table) => table.has(path)) || [...this.#persistent].some((w) => w.path === path)
    );
  }

  /** What a new connection has to arm again. */
  paths(): WatchPaths {
    const armed = [...this.#persistent].filter((watch) => watch.armed);
    const pathsOf = (recursive: boolean): string[] => [
      ...new Set(armed.filter((w) => w.recursive === recursive).map((w) => w.path)),
    ];
    return {
      data: [...this.#tables.data.keys()],
      exist: [...this.#tables.exist.keys()],
      child: [...this.#tables.child.keys()],
      persistent: pathsOf(false),
      recursive: pathsOf(true),
    };
  }

  /** The persistent watches stand again, but what happened meanwhile is lost to them. */
  gap(): void {
    for (const watch of this.#persistent) if (watch.armed) watch.deliver({ kind: "gap" });
  }

  /** Forgets the watches on these lists of one node, because the server did. */
  drop(path: string, lists: readonly WatchList[]): void {
    for (const list of lists) {
      for (const watch of this.#at(list, path)) watch.finish({ kind: "aborted" });
    }
  }

  /** Forgets the persistent watches of one node, because the server did. */
  dropPersistent(path: string): void {
    for (const watch of this.#persistent) {
      if (watch.path !== path) continue;
      this.#persistent.delete(watch);
      watch.finish();
    }
  }

  /** The session ended: tells every watch. */
  end(): void {
    for (const table of Object.values(this.#tables)) {
      for (const watches of table.values()) {
        for (const watch of watches) watch.finish({ kind: "session-ended" });
      }
    }
    for (const watch of this.#persistent) {
      watch.deliver({ kind: "session-ended" });
      watch.finish();
    }
  }

  /** A copy, because a watch that is finished leaves the set. */
  #at(list: WatchList, path: string): readonly OneShotWatch[] {
    return [...(this.#tables[list].get(path) ?? [])];
  }

  #forget(list: WatchList, path: string, watch: OneShotWatch): void {
    const watches = this.#tables[list].get(path);
    if (watches === undefined || !watches.delete(watch)) return;
    this.#oneShots -= 1;
    if (watches.size === 0) this.#tables[list].delete(path);
  }
}
