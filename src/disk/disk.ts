/** One directory on a disk: all that the leader's files need of it. Names are plain file names. */
export interface Disk {
  /** Where it is: for people. */
  readonly path: string;
  /** Makes the directory, and the ones above it, unless it is there. */
  makeDirectory(): Promise<void>;
  /**
   * The names in the directory but those of directories, in no order, a bounded batch at a time.
   * The loop gets to breathe between two batches.
   */
  names(): AsyncIterable<readonly string[]>;
  /** Creates or replaces a file; resolves when its content is on the medium. */
  writeDurably(name: string, content: string): Promise<void>;
  /** Gives a file its final name in one step; resolves when the name is on the medium. */
  publish(temporary: string, final: string): Promise<void>;
  /** When a file was last written, by the disk's clock; undefined when it is not there. */
  modifiedAt(name: string): Promise<Date | undefined>;
  /** Removes a file; one that is not there (any more) is no error. */
  remove(name: string): Promise<void>;
}
