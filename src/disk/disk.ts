import type { DiskFile } from "./disk-file.ts";

/**
 * One directory on a disk, with the plain files in it: all that is kept goes through here, be it
 * the leader's files, the record of a state directory or a history that processes share. Locks do
 * not: they belong to processes, and so to the system.
 *
 * A name is a plain file name, without a slash. Every method does its work beside the event loop: a
 * disk that hangs keeps one promise waiting, and nothing else. Every rejection is a DiskError, and
 * what was asked for may be done in part then, or altogether.
 *
 * - I1. Nothing but a plain file is ever opened under a name: a link is not followed, a pipe not
 *   waited for. What is to be written replaces it, and what a link leads to stays as it is.
 * - I2. A name or a content that is durable is there after a power cut, whole.
 * - I3. A reader of a name that `publish` or `replace` gives finds the old content or the new one,
 *   whole, and never nothing in between.
 */
export interface Disk {
  /** The path of the directory: for people, and for the locks beside the files. */
  readonly path: string;

  /** Makes the directory, and the ones above it, unless it is there; its name is durable then. */
  makeDirectory(): Promise<void>;

  /**
   * The names in the directory but those of directories, in no order, a bounded batch at a time.
   * The loop gets to breathe between two batches.
   */
  names(): AsyncIterable<readonly string[]>;

  /**
   * The text of a file, as UTF-8; undefined when nothing is there. Rejects with `not-a-file` for
   * anything else, and with `too-large` for a file of more than `mostBytes` bytes.
   */
  read(name: string, mostBytes: number): Promise<string | undefined>;

  /** Creates or replaces a file, whose content is durable then. A reader may see a part of it. */
  writeDurably(name: string, content: string): Promise<void>;

  /** Gives a file its final name in one step, in place of what had it; the name is durable then. */
  publish(temporary: string, final: string): Promise<void>;

  /**
   * Creates or replaces a file in one step. Nothing of it is durable: after a power cut it may be
   * the old one, the new one or empty.
   * @param temporary the name of a file on which nobody else may write meanwhile: it is replaced,
   * gone afterwards, and may be left behind by a rejection
   */
  replace(name: string, temporary: string, content: string): Promise<void>;

  /** When a file was last written, by the disk's clock; undefined when it is not there. */
  modifiedAt(name: string): Promise<Date | undefined>;

  /**
   * A new and empty file, in place of what had the name, to be written at offsets. Its content is
   * durable by its writes, its name only by `publish`.
   */
  createFile(name: string): Promise<DiskFile>;

  /** An existing file, to be read and written at offsets; undefined when nothing is there. */
  openFile(name: string): Promise<DiskFile | undefined>;

  /** Removes a file; one that is not there (any more) is no error. */
  remove(name: string): Promise<void>;
}
