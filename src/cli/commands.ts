import { checkCommand } from "./check/check-command.ts";
import type { Program } from "./command.ts";
import { completionCommand } from "./completion/completion-command.ts";
import { historyCommand } from "./history/history-command.ts";
import { releaseCommand } from "./release/release-command.ts";
import { execCommand } from "./run/exec-command.ts";
import { runCommand } from "./run/run-command.ts";
import { superviseCommand } from "./run/supervise-command.ts";
import { statusCommand } from "./status/status-command.ts";
import { stepDownCommand } from "./step-down/step-down-command.ts";

/** The commands of `election`, and the one that is meant where none is named. */
export const program: Program = {
  commands: [
    runCommand,
    execCommand,
    statusCommand,
    checkCommand,
    historyCommand,
    stepDownCommand,
    releaseCommand,
    completionCommand,
  ],
  hidden: [superviseCommand],
  byDefault: runCommand,
};
