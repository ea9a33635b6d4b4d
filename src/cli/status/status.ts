import { formatHttpAddress, type HttpAddress } from "../../http/http-address.ts";
import { printable } from "../../base/quoted.ts";
import { within } from "../../base/deadline.ts";
import type { Scheduler } from "../../base/scheduler.ts";
import { exitCodes } from "../../election/exit-status.ts";
import { takesPart } from "../../election/transitions.ts";
import { parseStatus, type ReceivedStatus } from "../../http/received-status.ts";
import { requestStatus } from "../../http/replica-request.ts";
import { RealScheduler } from "../../system/real-scheduler.ts";
import { complain, print } from "../print.ts";
import { statusText } from "./status-text.ts";

interface StatusQuestion {
  readonly address: HttpAddress;
  /** Whether to print the answer as it is. */
  readonly json: boolean;
}

/** How long a replica may take to answer: one that needs longer is not well. */
export const answerLimitMs = 3_000;

/** Runs `election status`. Resolves with the exit code: see the help of the command. */
export async function runStatus({ address, json }: StatusQuestion): Promise<number> {
  const asked = await askStatus(address, new RealScheduler());
  if (asked.kind === "failed") {
    await complain(`${problemLine(address, asked.detail)}\n`);
    return exitCodes.exhausted;
  }
  const { status, text } = asked;
  await print(json ? text : statusText(status));
  return takesPart(status.state) ? exitCodes.stopped : exitCodes.takesNoPart;
}

type AskedStatus =
  | { readonly kind: "answered"; readonly status: ReceivedStatus; readonly text: string }
  | { readonly kind: "failed"; readonly detail: string };

/** Asks one replica for its status, for 3 s at most. */
export async function askStatus(address: HttpAddress, scheduler: Scheduler): Promise<AskedStatus> {
  const answer = await within(scheduler, answerLimitMs, [], (limit) =>
    requestStatus(address, limit),
  );
  if (answer.kind === "failed") return answer;
  const status = parseStatus(answer.text);
  if (status !== undefined) return { kind: "answered", status, text: answer.text };
  return { kind: "failed", detail: "it answers, but not as a replica does" };
}

/** What could not be done with the replica at an address: one line for stderr. */
export function problemLine(address: HttpAddress, detail: string): string {
  return `election: ${formatHttpAddress(address)}: ${printable(detail)}`;
}
