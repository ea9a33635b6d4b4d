import { lstat, rename, writeFile } from "node:fs/promises";

/** What is larger was not written by us. */
const largestBytes = 256 * 1024;

/** A small file that several processes replace, each time as a whole. */
export class SharedFile {
  readonly #path: string;
  readonly #temporary: string;

  /** @param temporary where this process alone writes, on the same file system */
  constructor(path: string, temporary: string) {
    this.#path = path;
    this.#temporary = temporary;
  }

  /** What it holds; undefined when it is missing. Rejects when it is no small, readable file. */
  async read(): Promise<string | undefined> {
    try {
      const status = await lstat(this.#path);
      // Opening anything else, such as a pipe, may never end.
      if (!status.isFile()) throw new Error(`${this.#path} is not a regular file`);
      if (status.size > largestBytes) throw new Error(`${this.#path} is too large`);
      return await Bun.file(this.#path).text();
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Puts `text` in its place, readable by our user only. It is not flushed. */
  async write(text: string): Promise<void> {
    // Bun.write does not heed its `mode` here: the file would be readable by everybody.
    await writeFile(this.#temporary, text, { mode: 0o600 });
    await rename(this.#temporary, this.#path);
  }
}
