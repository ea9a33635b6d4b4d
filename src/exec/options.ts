import {
  choiceOption,
  durationOption,
  option,
  type Option,
  switchOption,
} from "../options/option.ts";
import { invalid, type Parsed, valid } from "../options/parsed.ts";
import { parseCommandWords } from "./command-words.ts";
import { stopSignals } from "./supervisor/messages.ts";

/** Whether a command that ended by itself is started again. */
const restartPolicies = ["always", "on-failure", "never"] as const;
export type RestartPolicy = (typeof restartPolicies)[number];

/** What follows when it is not: keep leadership idle, leave it to the next, or end the daemon. */
const sequels = ["stay", "resign", "exit"] as const;
export type Sequel = (typeof sequels)[number];

/** What can be passed on; SIGTERM and SIGINT always stop the daemon, and the command with it. */
const forwardedSignals = ["SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
export type ForwardedSignal = (typeof forwardedSignals)[number];

/** The commands of a leader: what they are, how they are ended, and what follows. */
export const commandOptions = {
  onElected: option<readonly string[] | null>({
    flag: "on-elected",
    unit: "command",
    fallback: { kind: "none", shown: "none" },
    help: "Runs after leadership is won, before anything else is done with it.",
    secret: false,
    parse: parseCommandWords,
  }),
  onLost: option<readonly string[] | null>({
    flag: "on-lost",
    unit: "command",
    fallback: { kind: "none", shown: "none" },
    help: "Runs when leadership ends, before the next leader starts where that is possible.",
    secret: false,
    parse: parseCommandWords,
  }),
  hookTimeoutMs: durationOption("3s", {
    flag: "hook-timeout",
    help: "Time that on-elected and on-lost may take each, before they are stopped.",
  }),
  execStopSignal: ofExec(
    choiceOption(
      stopSignals,
      { kind: "text", text: "SIGTERM" },
      {
        flag: "exec-stop-signal",
        help: "The signal that asks every process of the command to end.",
      },
    ),
  ),
  execStopTimeoutMs: durationOption("2s", {
    flag: "exec-stop-timeout",
    help: "Time from the stop signal to SIGKILL, for the command of exec and the hooks.",
  }),
  execForward: ofExec(
    option<readonly ForwardedSignal[] | null>({
      flag: "exec-forward",
      unit: "signal,...",
      completes: { list: forwardedSignals },
      fallback: { kind: "none", shown: "none" },
      help: `Signals passed on to the command alone: ${forwardedSignals.join(", ")}.`,
      secret: false,
      parse: parseForwardedSignals,
    }),
  ),
  execRestart: ofExec(
    choiceOption(
      restartPolicies,
      { kind: "text", text: "always" },
      { flag: "exec-restart", help: "Whether a command that has ended by itself starts again." },
    ),
  ),
  execThen: ofExec(
    choiceOption(
      sequels,
      { kind: "text", text: "stay" },
      {
        flag: "exec-then",
        help: "When it does not start again: stay leader, resign, or exit with its status.",
      },
    ),
  ),
  execRaw: ofExec(
    switchOption({ flag: "exec-raw", help: "Leaves the command's output alone: no log lines." }),
  ),
  withFiles: ofExec(
    switchOption({ flag: "with-files", help: "Writes the leader's files beside the command." }),
  ),
} as const;

/** Leaves an option to the command `exec`. */
function ofExec<T>(definition: Option<T>): Option<T> {
  return { ...definition, only: "exec" };
}

/** Reads the names of signals, with commas between. */
function parseForwardedSignals(text: string): Parsed<readonly ForwardedSignal[]> {
  const names = text.split(",").map((name) => name.trim());
  const signals = forwardedSignals.filter((signal) => names.includes(signal));
  if (signals.length === names.length) return valid(signals);
  return invalid(`some of ${forwardedSignals.join(", ")}, with commas between, each once`);
}
