import type { Arena } from "../arena/arena.ts";
import type { Contender, Outfit } from "../arena/contender.ts";
import type { Layout } from "../arena/directories.ts";
import type { SeededChoice } from "./seeded-choice.ts";

/** What a fault finds when it strikes. */
export interface Scene {
  readonly arena: Arena;
  readonly leader: Contender;
  readonly choice: SeededChoice;
}

/** A fault that has struck. */
export interface Struck {
  /** How long it lasts from now on. */
  readonly holdMs: number;
  /** Makes everything whole again. */
  readonly heal: () => void | Promise<void>;
  /** What it came to, where that depends. */
  readonly detail?: string;
  /** The moment from which the time without a leader counts, where it is not that of striking. */
  readonly since?: number;
  /** Judges, when all is in order again, what only this fault puts to the test: as sentences. */
  readonly check?: () => readonly string[] | Promise<readonly string[]>;
}

export interface Fault {
  readonly name: string;
  /** The longest time without a leader that is allowed. */
  readonly boundMs: number;
  /** From when on: a fault that leaves nobody able to lead counts from its healing. */
  readonly countsFrom: "fault" | "healing";
  /** Whether replicas keep their sessions' keys; as it is, where that makes no difference. */
  readonly stateDir?: "none" | "kept";
  /** Needs disks that can be told to hang. */
  readonly disk?: Outfit["disk"];
  /** The only layout of the files in which it makes sense. */
  readonly layout?: Layout;
  readonly strike: (scene: Scene) => Struck | Promise<Struck>;
}
