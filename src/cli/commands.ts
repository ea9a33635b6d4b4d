import { checkCommand } from "./check/check-command.ts";
import { completionCommand } from "./completion/completion-command.ts";
import { execCommand } from "./run/exec-command.ts";
import { historyCommand } from "./history/history-command.ts";
import { releaseCommand } from "./release/release-command.ts";
import type { Command } from "./command.ts";
import { runCommand } from "./run/run-command.ts";
import { statusCommand } from "./status/status-command.ts";
import { stepDownCommand } from "./step-down/step-down-command.ts";
import { superviseCommand } from "./run/supervise-command.ts";

/** What happens when no command is named. */
export const defaultCommand = runCommand;

/** Commands that are not for people: the help does not name them. */
export const hiddenCommands: readonly Command[] = [superviseCommand];

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  runCommand,
  execCommand,
  statusCommand,
  checkCommand,
  historyCommand,
  stepDownCommand,
  releaseCommand,
  completionCommand,
];
