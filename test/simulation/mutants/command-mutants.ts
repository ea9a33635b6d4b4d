import type { Mutant } from "./mutant.ts";

const execDuty = "exec/exec-duty.ts";
const supervisor = "exec/supervisor/supervisor.ts";
const supervised = "exec/supervisor/supervised.ts";

/** Bugs of a command under leadership, its supervisor, and the lock that both inherit. */
export const commandMutants: readonly Mutant[] = [
  {
    name: "command: the lock falls with the daemon",
    file: "system/state-directory.ts",
    find: "    return this.#own.lock.descriptor;",
    replace: "    return undefined;",
  },
  {
    name: "command: leadership is given up before the last process is dead",
    file: execDuty,
    find: "    const end = await running.ended;",
    replace:
      '    const given = aborted(signal).then(() => ({ kind: "stopped", cause: "asked" }));\n' +
      "    const end = await Promise.race([running.ended, given]);",
  },
  {
    name: "command: its end is counted from the reply",
    file: execDuty,
    find: "if (mandate.mayAct()) extend(mandate.validUntil());",
    replace: "if (mandate.mayAct()) extend(scheduler.now() + this.#options.leaseMs);",
    also: [
      {
        find: "    for (;;) {\n      await mandate.renewal(stop);",
        replace:
          "    const { scheduler } = this.#options;\n    for (;;) {\n      await mandate.renewal(stop);",
      },
      {
        file: "daemon/replica.ts",
        find: "    resign: () => stepDown.request(),",
        replace:
          "    resign: () => stepDown.request(),\n    leaseMs: means.coordination.timing.leaseMs,",
      },
    ],
  },
  {
    name: "command: nobody holds its deadline while the daemon is stopped",
    file: supervisor,
    find: '      if (this.#mustStop()) this.#beginStop("deadline");\n      else await',
    replace: "      await",
  },
  {
    name: "command: only the child is killed, not what it has started",
    file: supervisor,
    find: "    while (this.#processes.anyLives()) {",
    replace: "    while (this.#exit === undefined) {",
    also: [
      {
        find: "    while (this.#processes.anyLives() && ",
        replace: "    while (this.#exit === undefined && ",
      },
    ],
  },
  {
    name: "command: the daemon's death does not stop it",
    file: supervisor,
    find: '    } finally {\n      this.#beginStop("asked");',
    replace: "    } finally {",
    also: [
      {
        find: '      if (this.#mustStop()) this.#beginStop("deadline");\n      else await',
        replace: "      await",
      },
    ],
  },
  {
    name: "command: the end that it is told is reckoned as if no clock were slewed",
    file: "base/scheduler.ts",
    find: "(end - scheduler.now()) * (1 - longestSlewShare)",
    replace: "(end - scheduler.now())",
  },
  {
    name: "command: a suspend of the machine does not count",
    file: "base/scheduler.ts",
    find: "  return scheduler.now() + scheduler.suspendedMs();",
    replace: "  return scheduler.now();",
  },
  {
    name: "command: what a dead supervisor leaves is not swept away",
    file: supervised,
    find: "    await this.#sweep();\n",
    replace: "",
  },
  {
    name: "command: a supervisor that hangs is waited for",
    file: supervised,
    find: "    if (!ended.aborted) this.#supervisor.kill();",
    replace: "",
  },
];
