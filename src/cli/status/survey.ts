import { formatHttpAddress } from "../../http/http-address.ts";
import { printable } from "../../base/quoted.ts";
import { exitCodes } from "../../election/exit-status.ts";
import type { Scheduler } from "../../base/scheduler.ts";
import { RealScheduler } from "../../system/real-scheduler.ts";
import { coordinationOf } from "../../daemon/coordination.ts";
import type { Config, serviceSettings } from "../../daemon/options.ts";
import type { Roster } from "../../election/ports/roster.ts";
import { complain, print } from "../print.ts";
import { type Addresses, routeTo } from "../replica-addresses.ts";
import { askStatus } from "./status.ts";
import {
  surveyCode,
  type SurveyedReplica,
  type SurveyedService,
  surveyText,
} from "./survey-text.ts";

/** How many replicas are asked at once. */
const batchSize = 64;

/** The replicas whose status is asked for. */
type SurveySubject =
  | { readonly kind: "addresses"; readonly addresses: Addresses }
  /** All that the records of a service name. */
  | {
      readonly kind: "service";
      readonly service: Pick<Config, (typeof serviceSettings)[number]>;
      readonly hostName: string;
    };

export interface SurveyQuestion {
  readonly subject: SurveySubject;
  readonly json: boolean;
}

/** Runs `election status` for several replicas. Resolves with the exit code: see its help. */
export async function runSurvey({ subject, json }: SurveyQuestion): Promise<number> {
  const scheduler = RealScheduler.forQuestions();
  if (subject.kind === "addresses") {
    const replicas = await surveyOf(subject.addresses, scheduler);
    return await tell(replicas, undefined, json);
  }
  await using coordination = await coordinationOf(subject.service, scheduler);
  const roster = await coordination.roster(new AbortController().signal);
  if (roster.kind === "failed") {
    await complain(`election: ${printable(roster.detail)}\n`);
    return exitCodes.exhausted;
  }
  const replicas = await surveyOfRoster(roster, subject.hostName, scheduler);
  const leader = roster.leader?.info?.replica ?? null;
  return await tell(replicas, { place: coordination.place, leader }, json);
}

async function surveyOf(
  addresses: Addresses,
  scheduler: Scheduler,
): Promise<readonly SurveyedReplica[]> {
  return await Promise.all(
    addresses.map(async (address): Promise<SurveyedReplica> => {
      const asked = await askStatus(address, scheduler);
      const place = formatHttpAddress(address);
      const common = { address: place, info: undefined, leads: undefined, position: undefined };
      return asked.kind === "answered"
        ? { ...common, status: asked.status, problem: undefined }
        : { ...common, status: undefined, problem: asked.detail };
    }),
  );
}

async function surveyOfRoster(
  { leader, line }: Extract<Roster, { kind: "read" }>,
  hostName: string,
  scheduler: Scheduler,
): Promise<readonly SurveyedReplica[]> {
  const leading = leader?.info;
  const isMissing = leading !== undefined && !line.some(({ leads }) => leads);
  // A leader whose entry is missing (it steps down, or somebody meddled) is here all the same.
  const all = isMissing ? [{ info: leading, leads: true }, ...line] : line;
  const replicas: SurveyedReplica[] = [];
  for (let start = 0; start < all.length; start += batchSize) {
    const batch = all.slice(start, start + batchSize);
    const asked = await Promise.all(
      batch.map(async (entry): Promise<SurveyedReplica> => {
        const { info, leads } = entry;
        const place = line.indexOf(entry);
        const position = place < 0 ? undefined : place;
        const route = routeTo(info, hostName);
        const known = { info, leads, position };
        if (route.kind === "none") {
          return { ...known, address: undefined, status: undefined, problem: route.why };
        }
        const address = formatHttpAddress(route.address);
        const answer = await askStatus(route.address, scheduler);
        return answer.kind === "answered"
          ? { ...known, address, status: answer.status, problem: undefined }
          : { ...known, address, status: undefined, problem: answer.detail };
      }),
    );
    replicas.push(...asked);
  }
  return replicas;
}

/** @param service undefined when the records were not asked */
async function tell(
  replicas: readonly SurveyedReplica[],
  service: SurveyedService | undefined,
  json: boolean,
): Promise<number> {
  const list = {
    leader: service?.leader,
    replicas: replicas.map(({ status, info, ...rest }) => ({
      replica: info ?? null,
      leads: rest.leads ?? null,
      position: rest.position ?? null,
      address: rest.address ?? null,
      problem: rest.problem ?? null,
      status: status?.answer ?? null,
    })),
  };
  const text = json ? `${JSON.stringify(list)}\n` : surveyText(replicas, service);
  await print(text);
  return surveyCode(replicas, service);
}
