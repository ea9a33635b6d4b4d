import type { CommandEnd } from "../commands.ts";

/** How a command is to be started and stopped: the first thing that a supervisor is told. */
export interface Assignment {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the supervisor was given a lock that it and the command must keep to their end. */
  readonly inheritsLock: boolean;
  /** Host time in milliseconds, see `hostTimeMs`: no process of the command lives then. */
  readonly untilMs: number;
  readonly stopSignal: StopSignalName;
  readonly limits: StopLimits;
}

/** How long ending a command may take, in milliseconds. */
export interface StopLimits {
  /** From the stop signal to SIGKILL. */
  readonly stopTimeoutMs: number;
  /** SIGKILL comes at least so long before the end, for dying takes time as well. */
  readonly killMarginMs: number;
}

/** The signals that a command may be asked to end by: all that have a meaning for the daemon. */
export const stopSignals = [
  "SIGTERM",
  "SIGINT",
  "SIGQUIT",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
] as const;
export type StopSignalName = (typeof stopSignals)[number];

/** What the daemon tells the supervisor after that. */
export type Instruction =
  /** The limits come with it, because a lease that is granted anew may leave less time. */
  | { readonly kind: "until"; readonly untilMs: number; readonly limits: StopLimits }
  | { readonly kind: "stop" }
  | { readonly kind: "forward"; readonly signal: StopSignalName };

/** What the supervisor tells the daemon. */
export type Report =
  | { readonly kind: "started"; readonly pid: number }
  | { readonly kind: "stopping"; readonly cause: "asked" | "deadline" }
  | { readonly kind: "ended"; readonly end: CommandEnd };

/** The longest message: an assignment with all the arguments that the kernel allows. */
export const longestMessage = 8 * 1024 * 1024;

type Message = Assignment | Instruction | Report;

/** One message as a line. */
export function encodeMessage(message: Message): string {
  return `${JSON.stringify(message)}\n`;
}

/**
 * Reads a line. Both ends are the same binary on the same host, so what is not understood is a
 * bug or a broken pipe: undefined, and the reader treats the other one as gone.
 */
export function decodeMessage(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}
