import type { Assignment, StopSignalName } from "../../src/exec/supervisor/messages.ts";
import type { Processes, Started } from "../../src/exec/supervisor/processes.ts";

const main = 100;

/** A command as a test wants it: processes that obey signals, or do not. */
export class FakeProcesses implements Processes {
  readonly signals: string[] = [];
  readonly alive = new Set<number>();
  /** Processes that only SIGKILL ends. */
  readonly deaf = new Set<number>();
  /** Processes that not even SIGKILL ends: they wait for a disk. */
  readonly stuck = new Set<number>();
  startFailure: string | undefined;
  reaped = 0;
  readonly #exit = Promise.withResolvers<number>();

  start(_assignment: Assignment): Started {
    if (this.startFailure !== undefined) return { kind: "failed", detail: this.startFailure };
    this.alive.add(main);
    return { kind: "started", pid: main, exited: this.#exit.promise };
  }

  living(): readonly number[] {
    return [...this.alive];
  }

  reap(): void {
    this.reaped += 1;
  }

  anyLives(): boolean {
    return this.alive.size > 0;
  }

  kill(): void {
    this.#send(this.living(), "SIGKILL");
  }

  killAll(): void {
    this.kill();
  }

  signal(pids: readonly number[], signal: StopSignalName): void {
    this.#send(pids, signal);
  }

  #send(pids: readonly number[], signal: StopSignalName | "SIGKILL"): void {
    for (const pid of pids) {
      this.signals.push(`${signal} ${pid}`);
      const obeys = signal === "SIGKILL" ? !this.stuck.has(pid) : !this.deaf.has(pid);
      if (obeys) this.end(pid, 143);
    }
  }

  /** A process ends; the main one with a status. */
  end(pid = main, status = 0): void {
    this.alive.delete(pid);
    if (pid === main) this.#exit.resolve(status);
  }
}
