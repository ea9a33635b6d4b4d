import { parseDuration } from "../../options/duration.ts";
import { printable, quoted } from "../../base/quoted.ts";
import { within } from "../../base/deadline.ts";
import { exitCodes } from "../../election/exit-status.ts";
import { later, remainingMs, type Scheduler } from "../../base/scheduler.ts";
import type { StepDownBody } from "../../http/changes.ts";
import {
  objectOf,
  type ReceivedStatus,
  textOf,
  type Told,
  toldIn,
} from "../../http/received-status.ts";
import type { HttpAddress } from "../../http/http-address.ts";
import { askReplica } from "../../http/replica-request.ts";
import { readToken } from "../../http/token-file.ts";
import { RealScheduler } from "../../system/real-scheduler.ts";
import { complain, print } from "../print.ts";
import { answerLimitMs, askStatus, problemLine } from "../status/status.ts";
import { seconds } from "../status/status-text.ts";

/** How long the replica may take to hand over, and to see a successor. */
const handOverLimitMs = 30_000;
const successorLimitMs = 5_000;
/** How long after a rest that is no longer than that the replica may take to lead again. */
const returnLimitMs = 1_000;
/** How often it is asked meanwhile. */
const pollMs = 200;

/** What a leader is asked for. */
interface StepDownWish {
  readonly address: HttpAddress;
  /** How long it shall not stand again: a duration. */
  readonly rest: string;
  /** The file with the token that it takes over TCP. */
  readonly tokenPath: string | undefined;
}

/** Runs `election step-down`. Resolves with the exit code: see the help of the command. */
export async function runStepDown(question: {
  readonly wish: StepDownWish;
  readonly json: boolean;
}): Promise<number> {
  const { wish, json } = question;
  const outcome = await stepDown(wish, new RealScheduler());
  if (json) await print(`${JSON.stringify(outcome)}\n`);
  else if (outcome.kind === "stepped-down") await print(stepDownText(outcome));
  else if (outcome.kind === "usage") await complain(`election: ${printable(outcome.detail)}\n`);
  else await complain(`${problemLine(wish.address, outcome.detail)}\n`);
  return {
    "stepped-down": exitCodes.stopped,
    "not-leading": exitCodes.takesNoPart,
    refused: exitCodes.refused,
    usage: exitCodes.usage,
    failed: exitCodes.exhausted,
  }[outcome.kind];
}

/** What a person at a shell does about the token, by what the replica says of it. */
const tokenCures: Readonly<Record<string, string>> = {
  missing: "a token is needed: give --http-token-file=<path>, a file with the replica's token",
  wrong: "the token of --http-token-file is another one than the replica's",
};

export type StepDownOutcome =
  | {
      readonly kind: "stepped-down";
      readonly replica: string;
      readonly epoch: string;
      /** How long it was asked not to stand. */
      readonly askedMs: number;
      /** How long it did not stand when it was last asked. */
      readonly restMs: number;
      /** Who leads now, which may be the same again; null when nobody was seen to. */
      readonly leader: string | null;
      /** Null where it is not known. */
      readonly leaderEpoch: string | null;
    }
  /** `usage`: the token file is wrong, and the replica was not asked. */
  | { readonly kind: "not-leading" | "refused" | "failed" | "usage"; readonly detail: string };

type SteppedDown = Extract<StepDownOutcome, { kind: "stepped-down" }>;

/** Asks a replica to step down, and waits until it did and somebody else leads, if anybody will. */
export async function stepDown(wish: StepDownWish, scheduler: Scheduler): Promise<StepDownOutcome> {
  const token = wish.tokenPath === undefined ? undefined : await readToken(wish.tokenPath);
  if (token?.kind === "failed") {
    const problem = `expected a file with a token, but ${token.detail}`;
    return {
      kind: "usage",
      detail: `--http-token-file ${quoted(wish.tokenPath ?? "")}: ${problem}`,
    };
  }
  const path = `/step-down?for=${encodeURIComponent(wish.rest)}`;
  const answer = await within(scheduler, answerLimitMs, [], (limit) =>
    askReplica(wish.address, { method: "POST", path, token: token?.token }, limit),
  );
  if (answer.kind === "failed") return { kind: "failed", detail: answer.detail };
  const body = toldIn<StepDownBody>(answer.text);
  if (answer.status === 409) return { kind: "not-leading", detail: notLeading(body) };
  if (answer.status !== 202) {
    const cure = tokenCures[textOf(body.token) ?? ""];
    if (answer.status === 403 && cure !== undefined) return { kind: "refused", detail: cure };
    const detail = textOf(body.error) ?? `it answers ${answer.status}, as no replica does`;
    return { kind: answer.status === 403 ? "refused" : "failed", detail };
  }
  return await awaitSuccessor(wish, textOf(body.epoch) ?? "?", scheduler);
}

async function awaitSuccessor(
  { address, rest }: StepDownWish,
  epoch: string,
  scheduler: Scheduler,
): Promise<StepDownOutcome> {
  const never = new AbortController().signal;
  const duration = parseDuration(rest);
  const asked = duration.kind === "valid" ? duration.value : 0;
  let deadline = later(scheduler.now(), handOverLimitMs);
  let handedOver: SteppedDown | undefined;
  while (remainingMs(scheduler, deadline) > 0) {
    const answer = await askStatus(address, scheduler);
    if (answer.kind === "failed") return { kind: "failed", detail: answer.detail };
    const { status } = answer;
    if (status.state !== "Leader" || status.epoch !== epoch) {
      // The first one learns of a successor a moment later, and of none after its rest.
      if (handedOver === undefined) {
        const returnMs = asked + returnLimitMs;
        deadline = later(scheduler.now(), asked <= successorLimitMs ? returnMs : successorLimitMs);
      }
      handedOver = outcomeOf(status, epoch, asked);
      if (handedOver.leader !== null) return handedOver;
    }
    await scheduler.sleep(pollMs, never);
  }
  return handedOver ?? { kind: "failed", detail: `it still leads after ${handOverLimitMs} ms` };
}

function outcomeOf(status: ReceivedStatus, epoch: string, askedMs: number): SteppedDown {
  const { replica, restMs = 0, leader = null, leaderEpoch } = status;
  return {
    kind: "stepped-down",
    replica,
    epoch,
    askedMs,
    restMs,
    leader,
    leaderEpoch: leaderEpoch ?? status.epoch ?? null,
  };
}

function notLeading(body: Told<StepDownBody>): string {
  const leader = textOf(objectOf<NonNullable<StepDownBody["leader"]>>(body.leader).replica);
  return leader === undefined ? "it does not lead" : `it does not lead; ${leader} does`;
}

/** For a person: what happened, and plainly that nobody leads where nobody does. */
export function stepDownText(outcome: SteppedDown): string {
  const { replica, epoch } = outcome;
  return `${printable(`${replica} gave up epoch ${epoch}. ${sequel(outcome)}`)}\n`;
}

function sequel({ replica, askedMs, restMs, leader, leaderEpoch }: SteppedDown): string {
  const rest = seconds(restMs);
  if (leader === null) {
    return `Nobody leads: no other replica took over. ${replica} stands again in ${rest}.`;
  }
  if (leader !== replica)
    return `${leader} leads now. ${replica} does not stand for another ${rest}.`;
  const again = `${replica} leads again (epoch ${leaderEpoch ?? "unknown"})`;
  return `Nobody else took over within ${askedMs / 1000} s; ${again}.`;
}
