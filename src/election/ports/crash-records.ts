/** Hears what happens: for people. */
export type Teller = (level: "info" | "warn", detail: string) => void;

/**
 * What a process keeps on its host for whoever comes after its death. Only a coordinator knows what
 * its records mean.
 */
export interface CrashRecords {
  /** Keeps `record` in place of the one before. Throws what the file system throws. */
  remember(record: string): void;
  /**
   * What dead processes of this host left behind, each held by us from when it is asked for: of
   * very many, only those under way are held. It may be taken from at several places at once.
   * @param told hears of what is left alone, and why: for people
   */
  leftBehind(told: (detail: string) => void): IterableIterator<LeftBehind>;
}

/** What one process left behind. It is held until one of the two is called; neither throws. */
export interface LeftBehind {
  /** What the process had remembered last. */
  readonly record: string;
  /** Removes it, where that can be done: it is dealt with. */
  forget(): void;
  /** Lets go of it: another process may try. */
  keep(): void;
}
