import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Instant } from "../../../src/base/scheduler.ts";
import { SupervisedCommands } from "../../../src/exec/supervisor/supervised-commands.ts";
import { FakeProcesses } from "../../fake/processes.ts";
import { FakeScheduler } from "../../fake/scheduler.ts";

/** Commands of a supervisor that runs `supervisor`. */
function commandsOf(
  command: readonly string[],
  supervisor: readonly string[] = ["true"],
): SupervisedCommands {
  return new SupervisedCommands({
    scheduler: new FakeScheduler(),
    processes: new FakeProcesses(),
    supervisor,
    command,
    environment: { PATH: process.env["PATH"] ?? "" },
    lock: undefined,
    stopSignal: "SIGTERM",
    limits: () => ({ stopTimeoutMs: 100, killMarginMs: 100 }),
    output: undefined,
  });
}

function problemWith(program: string): string | undefined {
  return commandsOf([program]).problem();
}

test("supervised commands: what cannot be run is told, with the cure", () => {
  const directory = mkdtempSync("/tmp/election-commands-");
  const path = `${directory}/work`;
  writeFileSync(path, "#!/bin/sh\n", { mode: 0o644 });
  expect(problemWith(path)).toBe(`the command "${path}" may not be executed; chmod +x`);
  expect(problemWith(`${path}.none`)).toBe(`the command "${path}.none" is not there`);
  expect(problemWith(`${path}/none`)).toBe(`the command "${path}/none" is not there`);
  expect(problemWith(directory)).toBe(`the command "${directory}" is not a program`);
  expect(problemWith("no-such-work")).toBe('the command "no-such-work" is in no directory of PATH');
  chmodSync(path, 0o755);
  expect(problemWith(path)).toBeUndefined();
  expect(problemWith("sh")).toBeUndefined();
  rmSync(directory, { recursive: true });
});

test("supervised commands: a command that runs long costs no more with every renewal", async () => {
  const warnings: string[] = [];
  const warn = ({ name }: Error): void => {
    warnings.push(name);
  };
  process.on("warning", warn);
  const renewals = 40;
  // It hears the order and every renewal, and is gone.
  const supervisor = ["sh", "-c", `head -n ${renewals + 1} > /dev/null`];
  const commands = commandsOf(["work"], supervisor);
  const running = commands.start({ until: 1_000 as Instant, environment: {} });
  for (let renewal = 1; renewal <= renewals; renewal += 1) running.extend(renewal as Instant);
  expect((await running.ended).kind).toBe("unsupervised");
  process.off("warning", warn);
  expect(warnings).toEqual([]);
});
