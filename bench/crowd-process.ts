import { join } from "node:path";
import type { Stage } from "./stage.ts";

export interface CrowdOptions {
  readonly stage: Stage;
  readonly path: string;
  readonly fileDir: string;
  /** How many candidates; with 0 no process is started. */
  readonly size: number;
}

export interface Crowd extends AsyncDisposable {
  /** Rejects when the process ends before it was told to; else stays as it is. */
  readonly failed: Promise<never>;
}

/** Starts a process of many candidates; see crowd.ts. It ends when disposed, and with us. */
export function startCrowd({ stage, path, fileDir, size }: CrowdOptions): Crowd {
  const failure = Promise.withResolvers<never>();
  const failed = failure.promise;
  failed.catch(() => undefined);
  if (size === 0) return { failed, [Symbol.asyncDispose]: () => Promise.resolve() };
  const crowd = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, "crowd.ts"),
      `--servers=${stage.addresses}`,
      `--path=${path}`,
      `--file-dir=${fileDir}`,
      `--size=${size}`,
    ],
    // It stops when this pipe ends, so it cannot outlive us.
    { stdin: "pipe", stdout: "inherit", stderr: "inherit", detached: true },
  );
  const failing = crowd.exited.then((code) => failure.reject(new Error(`the crowd: ${code}`)));
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      await crowd.stdin.end();
      await failing;
    },
  };
}
