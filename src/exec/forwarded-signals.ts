import { invalid, type Parsed, valid } from "../options/parsed.ts";

/** SIGTERM and SIGINT are not among them: they stop the daemon, and the command with it. */
export const forwardedSignals = ["SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
export type ForwardedSignal = (typeof forwardedSignals)[number];

/** Reads the names of signals, with commas between. */
export function parseForwardedSignals(text: string): Parsed<readonly ForwardedSignal[]> {
  const names = text.split(",").map((name) => name.trim());
  const signals = forwardedSignals.filter((signal) => names.includes(signal));
  if (signals.length === names.length) return valid(signals);
  return invalid(`some of ${forwardedSignals.join(", ")}, with commas between, each once`);
}
