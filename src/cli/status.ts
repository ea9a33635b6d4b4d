import type { HttpAddress } from "../config/http-address.ts";
import { printable } from "../config/quoted.ts";
import { within } from "../election/deadline.ts";
import { exitCodes } from "../election/exit-status.ts";
import { requestStatus, type StatusAnswer } from "../http/status-request.ts";
import { RealScheduler } from "../system/real-scheduler.ts";
import { parseStatus, statusText, takesPart } from "./status-text.ts";

export interface StatusQuestion {
  readonly address: HttpAddress;
  /** Whether to print the answer as it is. */
  readonly json: boolean;
}

/** How long a replica may take to answer: one that needs longer is not well. */
const answerLimitMs = 3_000;

/** Runs `election status`. Resolves with the exit code: see the help of the command. */
export async function runStatus({ address, json }: StatusQuestion): Promise<number> {
  const answer = await within(new RealScheduler(), answerLimitMs, [], (limit) =>
    requestStatus(address, limit),
  );
  const status = answer.kind === "answered" ? parseStatus(answer.text) : undefined;
  if (answer.kind === "failed" || status === undefined) {
    await Bun.write(Bun.stderr, `election: ${placeOf(address)}: ${printable(problemOf(answer))}\n`);
    return exitCodes.exhausted;
  }
  await Bun.write(Bun.stdout, json ? answer.text : statusText(status));
  return takesPart(status) ? exitCodes.stopped : exitCodes.takesNoPart;
}

function problemOf(answer: StatusAnswer): string {
  return answer.kind === "failed" ? answer.detail : "it answers, but not as a replica does";
}

function placeOf(address: HttpAddress): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}
