import { releaseCommand } from "./release-command.ts";
import type { Command } from "./command.ts";
import { runCommand } from "./run-command.ts";
import { statusCommand } from "./status-command.ts";

/** What happens when no command is named. */
export const defaultCommand = runCommand;

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [runCommand, statusCommand, releaseCommand];
