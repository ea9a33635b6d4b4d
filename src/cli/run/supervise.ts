import { writeSync } from "node:fs";
import { exitCodes } from "../../election/exit-status.ts";
import { withoutSettings } from "../../exec/supervisor/few-threads.ts";
import { LinuxProcesses } from "../../exec/supervisor/linux-processes.ts";
import { Lines } from "../../exec/supervisor/lines.ts";
import {
  type Assignment,
  decodeMessage,
  encodeMessage,
  type Instruction,
  longestMessage,
  stopSignals,
} from "../../exec/supervisor/messages.ts";
import { type Daemon, Supervisor } from "../../exec/supervisor/supervisor.ts";
import { RealScheduler } from "../../system/real-scheduler.ts";

const standardError = 2;
/** Where a supervisor reports to, and the lock that it holds for the daemon: see Supervised. */
const reportDescriptor = 3;
const lockDescriptor = 4;
/** The command has the lock where the supervisor reports, and no descriptor besides. */
const commandLockDescriptor = 3;

/**
 * Runs `election supervise`: the process between a daemon and its command, started by the daemon
 * alone. It reads an assignment and instructions from stdin. Resolves with the exit code.
 */
export async function runSupervise(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  // They are meant for the daemon, which tells us what follows from them.
  for (const signal of stopSignals) process.on(signal, () => undefined);
  const scheduler = new RealScheduler();
  const messages = readMessages();
  const first = await messages.next();
  if (first.done === true || !("command" in first.value)) return exitCodes.usage;
  const assignment = first.value;
  const processes = new LinuxProcesses({
    environment: withoutSettings(environment),
    inherited: assignment.inheritsLock ? [[lockDescriptor, commandLockDescriptor]] : [],
  });
  killInTheEnd(processes);
  const daemon: Daemon = {
    instructions: instructionsOf(messages),
    tell: (report) => {
      try {
        writeSync(reportDescriptor, encodeMessage(report));
      } catch {
        // The daemon is gone; its instructions have ended as well.
      }
    },
  };
  await new Supervisor(assignment, { processes, scheduler, daemon }).run();
  return exitCodes.stopped;
}

/** The last act of this process, whatever ends it: what it holds dies with it. */
function killInTheEnd(processes: LinuxProcesses): void {
  const fail = (error: unknown): never => {
    try {
      processes.killAll();
      const detail = error instanceof Error ? error.stack : String(error);
      writeSync(standardError, `election supervise: ${detail}\n`);
    } finally {
      process.exit(exitCodes.effectRunning);
    }
  };
  // Without them the runtime tells of an error, and goes on.
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  process.on("exit", () => processes.killAll());
}

async function* instructionsOf(
  messages: AsyncIterable<Assignment | Instruction>,
): AsyncIterable<Instruction> {
  for await (const message of messages) if ("kind" in message) yield message;
}

/** What the daemon says. It ends when the daemon has died, however it did. */
async function* readMessages(): AsyncGenerator<Assignment | Instruction> {
  const read: (Assignment | Instruction)[] = [];
  const lines = new Lines(longestMessage, (line) => {
    const message = decodeMessage(line);
    if (message !== undefined) read.push(message as Assignment | Instruction);
  });
  for await (const bytes of Bun.stdin.stream()) {
    lines.push(bytes);
    yield* read.splice(0);
  }
}
