import { formatHttpAddress } from "../../http/http-address.ts";
import { exitCodes } from "../../election/exit-status.ts";
import { RealScheduler } from "../../system/real-scheduler.ts";
import type { Addresses } from "../replica-addresses.ts";
import { historyText, inOrder, leadershipsOf } from "./leaderships.ts";
import { complain, print } from "../print.ts";
import { askStatus, problemLine } from "../status/status.ts";

interface HistoryQuestion {
  readonly addresses: Addresses;
  readonly json: boolean;
}

/** Runs `election history`. Resolves with the exit code: see the help of the command. */
export async function runHistory({ addresses, json }: HistoryQuestion): Promise<number> {
  const scheduler = RealScheduler.forQuestions();
  const now = scheduler.wallClock();
  const asked = await Promise.all(
    addresses.map(async (address) => ({ address, answer: await askStatus(address, scheduler) })),
  );
  const problems = asked.flatMap(({ address, answer }) =>
    answer.kind === "failed" ? [problemLine(address, answer.detail)] : [],
  );
  const known = inOrder(
    asked.flatMap(({ answer }) => (answer.kind === "failed" ? [] : leadershipsOf(answer.status))),
  );
  const silent = asked
    .filter(({ answer }) => answer.kind === "failed")
    .map(({ address }) => formatHttpAddress(address));
  const list = `${JSON.stringify({ leaderships: known, silent })}\n`;
  await print(json ? list : historyText(known, now));
  await complain(problems.map((problem) => `${problem}\n`).join(""));
  return problems.length === 0 ? exitCodes.stopped : exitCodes.exhausted;
}
