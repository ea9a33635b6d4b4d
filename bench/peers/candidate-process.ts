import { readFileSync } from "node:fs";
import { membersOf } from "./process-group.ts";

/**
 * A process of one contender, in a process group of its own. Signals go to the whole group, as a
 * service manager sends them: `etcdctl lock` has a command below it. What it prints goes to a file,
 * so that nobody spends processor time on it while something is measured.
 */
export class CandidateProcess {
  readonly name: string;
  /** Resolves when its first process is gone. */
  readonly exited: Promise<void>;
  readonly #process: Bun.Subprocess<"pipe", Bun.BunFile, Bun.BunFile>;
  readonly #logPath: string;
  readonly #endWithUs = (): void => this.kill("SIGKILL");

  constructor(name: string, command: readonly string[], logPath: string) {
    this.name = name;
    this.#logPath = logPath;
    this.#process = Bun.spawn([...command], {
      stdin: "pipe",
      stdout: Bun.file(`${logPath}.out`),
      stderr: Bun.file(logPath),
      env: { PATH: process.env["PATH"] ?? "", ETCDCTL_API: "3" },
      detached: true,
    });
    process.on("exit", this.#endWithUs);
    this.exited = this.#process.exited.then(() => {
      process.off("exit", this.#endWithUs);
    });
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** All of its processes. */
  get pids(): readonly number[] {
    return membersOf(this.#process.pid);
  }

  /** To every process of it. */
  kill(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.#process.pid, signal);
    } catch {
      // All of them are gone already.
    }
  }

  /** Tells a crowd something. */
  async tell(line: string): Promise<void> {
    await this.#process.stdin.write(`${line}\n`);
    await this.#process.stdin.flush();
  }

  /** How often it has printed `ready`. */
  get readiness(): number {
    return readFileSync(`${this.#logPath}.out`, "utf8").split("ready\n").length - 1;
  }

  /** The last lines that it complained with. */
  get complaints(): string {
    return readFileSync(this.#logPath, "utf8").slice(-1_000);
  }
}
