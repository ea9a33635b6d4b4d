import { constants, fstatSync, openSync, type Stats } from "node:fs";

/**
 * Opens the file, pipe or terminal behind `descriptor` for writing lines, such that a write never
 * waits for a reader. Returns the descriptor to write to. For a regular file, which never makes a
 * writer wait, that is the given one.
 *
 * A pipe or terminal is opened anew: setting the flag on the one we were given would set it for
 * every process that shares it, and a shell's `echo` does not expect EAGAIN. Where that is not
 * allowed (the pipe of a container that runs under another user) or not possible (the journal's
 * socket), the runtime is made to set the flag after all; for standard error only.
 */
export function openLog(descriptor: number): number {
  const status = statusOf(descriptor);
  if (status === undefined || status.isFile()) return descriptor;
  if (status.isFIFO() || status.isCharacterDevice()) {
    try {
      const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
      return openSync(`/proc/self/fd/${descriptor}`, flags);
    } catch {
      // The second way, below.
    }
  }
  // Bun makes the descriptor behind this stream non-blocking when the stream is first asked for.
  if (descriptor === process.stderr.fd) return process.stderr.fd;
  return descriptor;
}

/** Undefined when the descriptor was closed before we began: then every line is dropped. */
function statusOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor);
  } catch {
    return undefined;
  }
}
