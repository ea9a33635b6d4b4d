/**
 * A plain file that is read and written at offsets. Every method works beside the event loop, and
 * every rejection is a DiskError.
 *
 * - F1. What a write covered is durable once the write resolves, and so is the file's length.
 * - F2. A write goes on after a short one. A rejected write may have left any part of its bytes.
 */
export interface DiskFile {
  /** In bytes, as of the last write or of the opening. */
  readonly size: number;
  /** The bytes from `offset` on: `length` of them, or fewer where the file ends. */
  readAt(offset: number, length: number): Promise<Uint8Array>;
  /** Writes at `offset`; a gap reads as zeros. The bytes must stay as they are meanwhile. */
  writeAt(offset: number, bytes: Uint8Array): Promise<void>;
  /** Lets go of the file. Nothing else of it may be under way, and nothing is asked afterwards. */
  close(): Promise<void>;
}
