/** Hears what happens: for people. */
export type Teller = (level: "info" | "warn", detail: string) => void;

/**
 * What a process keeps on its host, to be read by the next one after its death. Only a coordinator
 * knows what its records mean.
 */
export interface CrashRecords {
  /**
   * Keeps `record` in place of the one before; of several calls the last one counts. Rejects with
   * what the disk says.
   */
  remember(record: string): Promise<void>;
  /**
   * Looks for the records of dead processes of this host. Never rejects.
   * @param told hears of each record that is left alone, and why: for people
   */
  leftBehind(told: (detail: string) => void): Promise<LeftBehindRecords>;
}

/** The records of dead processes. Of very many, only those under way are held by us. */
export interface LeftBehindRecords {
  /** The first few, which are held. */
  readonly first: readonly LeftBehind[];
  /**
   * Takes hold of the next one; undefined when there is none. Several callers may ask at once.
   * Never rejects.
   */
  readonly next: () => Promise<LeftBehind | undefined>;
}

/**
 * The record of a dead process. It is held until `forget` or `keep` is called; neither of them
 * throws or rejects.
 */
export interface LeftBehind {
  /** The text that the process had remembered last. */
  readonly record: string;
  /** Removes the record, where that can be done: it is dealt with. */
  forget(): Promise<void>;
  /** Lets go of the record: another process may deal with it. */
  keep(): void;
}
