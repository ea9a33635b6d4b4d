import { formatHttpAddress } from "../config/http-address.ts";
import { printable } from "../config/quoted.ts";
import type { ReplicaInfo } from "../election/coordinator.ts";
import { within } from "../election/deadline.ts";
import { exitCodes } from "../election/exit-status.ts";
import type { Scheduler } from "../election/scheduler.ts";
import { accessOf, transportOf } from "../server-access.ts";
import { RealScheduler } from "../system/real-scheduler.ts";
import { basePathOf } from "../zookeeper/layout.ts";
import { readRoster, type Roster } from "../zookeeper/roster.ts";
import type { Addresses, Service, SurveySubject } from "./command.ts";
import { complain, print } from "./print.ts";
import { routeTo } from "./replica-addresses.ts";
import { askStatus } from "./status.ts";
import { surveyCode, type SurveyedReplica, surveyText } from "./survey-text.ts";

/** How many replicas are asked at once. */
const batchSize = 64;

export interface SurveyQuestion {
  readonly subject: SurveySubject;
  readonly json: boolean;
}

/** Runs `election status` for several replicas. Resolves with the exit code: see its help. */
export async function runSurvey({ subject, json }: SurveyQuestion): Promise<number> {
  const scheduler = new RealScheduler();
  if (subject.kind === "addresses") {
    const replicas = await surveyOf(subject.addresses, scheduler);
    return await tell(replicas, undefined, json);
  }
  const roster = await rosterOf(subject.service, scheduler);
  if (roster.kind === "failed") {
    await complain(`election: ${printable(roster.detail)}\n`);
    return exitCodes.exhausted;
  }
  const replicas = await surveyOfRoster(roster, subject.hostName, scheduler);
  return await tell(replicas, roster.leader?.info?.replica ?? null, json);
}

/** Asks ZooKeeper who is here, for one session timeout at most. */
export async function rosterOf(service: Service, scheduler: Scheduler): Promise<Roster> {
  const { zkServers, zkPath, sessionTimeoutMs } = service;
  return await within(scheduler, sessionTimeoutMs, [], (limit) =>
    readRoster(
      {
        servers: zkServers.servers,
        transport: transportOf(service),
        // It makes no node that an ACL could keep from others.
        access: accessOf({ ...service, zkAcl: null }),
        scheduler,
        basePath: basePathOf(zkServers.chroot, zkPath),
        sessionTimeoutMs,
      },
      limit,
    ),
  );
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
  const isLeader = (info: ReplicaInfo): boolean => info.replica === leading?.replica;
  // A leader whose entry is missing (it steps down, or somebody meddled) is here all the same.
  const all = leading === undefined || line.some(isLeader) ? line : [leading, ...line];
  const replicas: SurveyedReplica[] = [];
  for (let start = 0; start < all.length; start += batchSize) {
    const batch = all.slice(start, start + batchSize);
    const asked = await Promise.all(
      batch.map(async (info): Promise<SurveyedReplica> => {
        const place = line.indexOf(info);
        const position = place < 0 ? undefined : place;
        const route = routeTo(info, hostName);
        const known = { info, leads: isLeader(info), position };
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

/** @param leader null when nobody leads; undefined when that was not asked */
async function tell(
  replicas: readonly SurveyedReplica[],
  leader: string | null | undefined,
  json: boolean,
): Promise<number> {
  const list = {
    leader,
    replicas: replicas.map(({ status, info, ...rest }) => ({
      replica: info ?? null,
      leads: rest.leads ?? null,
      position: rest.position ?? null,
      address: rest.address ?? null,
      problem: rest.problem ?? null,
      status: status?.fields ?? null,
    })),
  };
  const text = json ? `${JSON.stringify(list)}\n` : surveyText(replicas, leader);
  await print(text);
  return surveyCode(replicas, leader);
}
