import type { Mutant } from "../../simulation/mutants/mutant.ts";

/** Bugs that only real processes can show, or show better. */
export const ownMutants: readonly Mutant[] = [
  {
    name: "publish whatever has happened meanwhile",
    file: "files/leader-files.ts",
    find: "      if (signal.aborted || !mandate.mayAct()) {\n        await discard",
    replace: "      if (signal.aborted && false) {\n        await discard",
  },
  {
    name: "every lock can be had",
    file: "system/file-lock.ts",
    find: "flock(descriptor, lockExclusively | withoutWaiting) === 0;",
    replace: "flock(descriptor, lockExclusively | withoutWaiting) <= 0;",
  },
  {
    name: "killed processes are not released",
    file: "coordination/zookeeper/release/crash-release.ts",
    find: "  await Promise.all(left.first.map(work));",
    replace: "  await Promise.all(left.first.slice(0, 0).map(work));",
  },
  {
    name: "the supervisor's deadline is not enforced",
    file: "exec/supervisor/supervisor.ts",
    find: "    return !(hostTimeMs(this.#scheduler) < this.#stopAtMs());",
    replace: "    return !(hostTimeMs(this.#scheduler) < this.#stopAtMs() + 3_600_000);",
  },
  {
    name: "the lock falls with the daemon",
    file: "daemon/leader-commands.ts",
    find: "          lock,\n",
    replace: "          lock: lock === undefined ? lock : undefined,\n",
  },
  {
    name: "leadership is given up before the command is dead",
    file: "exec/exec-duty.ts",
    find: "    const end = await running.ended;\n",
    replace:
      '    const early = { kind: "stopped", cause: "asked" } as const;\n' +
      "    const end = await Promise.race([running.ended, aborted(signal).then(() => early)]);\n",
  },
];
