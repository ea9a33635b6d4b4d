import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { HttpServerError } from "./http-server-error.ts";

/**
 * Makes room for a socket at `path`: removes the one that a killed process has left behind, where
 * there is one. Rejects with HttpServerError when somebody answers there, when that cannot be told,
 * or when another file than a socket is there; then nothing was touched.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const status = await lstat(path).catch(() => undefined);
  // Where it cannot even be looked at, opening the socket fails and says why.
  if (status === undefined) return;
  if (!status.isSocket()) {
    const problem = `--http-address "unix:${path}": the path exists and is not a socket`;
    throw new HttpServerError("not-a-socket", `${problem}; name another path or remove it`);
  }
  const answer = await probe(path);
  if (answer === "ECONNREFUSED") {
    await unlink(path).catch(() => undefined);
    return;
  }
  if (answer === "ENOENT") return;
  const what =
    answer === undefined
      ? "another process listens there"
      : `it cannot be told whether another process listens there (${answer})`;
  const problem = `--http-address "unix:${path}": ${what}`;
  throw new HttpServerError("address-in-use", `${problem}; name another path or stop it`);
}

/** Connects, and gives the code of the error, or undefined when somebody listens. */
function probe(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}
