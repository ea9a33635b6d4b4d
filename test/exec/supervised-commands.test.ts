import { expect, test } from "bun:test";
import type { Instant } from "../../src/election/scheduler.ts";
import { SupervisedCommands } from "../../src/exec/supervised-commands.ts";
import { FakeProcesses } from "../fake/processes.ts";
import { FakeScheduler } from "../fake/scheduler.ts";

test("supervised commands: a command that runs long costs no more with every renewal", async () => {
  const warnings: string[] = [];
  const warn = ({ name }: Error): void => {
    warnings.push(name);
  };
  process.on("warning", warn);
  const renewals = 40;
  const commands = new SupervisedCommands({
    scheduler: new FakeScheduler(),
    processes: new FakeProcesses(),
    // It hears the order and every renewal, and is gone.
    supervisor: ["sh", "-c", `head -n ${renewals + 1} > /dev/null`],
    command: ["work"],
    environment: { PATH: process.env["PATH"] ?? "" },
    lock: undefined,
    stopSignal: "SIGTERM",
    stopTimeoutMs: 100,
    killMarginMs: 100,
    output: undefined,
  });
  const running = commands.start({ until: 1_000 as Instant, environment: {} });
  for (let renewal = 1; renewal <= renewals; renewal += 1) running.extend(renewal as Instant);
  expect((await running.ended).kind).toBe("unsupervised");
  process.off("warning", warn);
  expect(warnings).toEqual([]);
});
