import { readdirSync, readFileSync } from "node:fs";
import { crashFaults } from "./crash-faults.ts";
import { execSlackMs } from "../arena/exec-duty.ts";
import type { Fault } from "./fault.ts";
import { replicaFaults } from "./faults.ts";
import { bounds, sessionMs } from "../judge/terms.ts";

const struck: readonly Fault[] = [
  ...replicaFaults,
  ...crashFaults,
  {
    name: "supervisor SIGKILL",
    boundMs: bounds.handOver,
    countsFrom: "fault",
    strike: ({ leader }) => {
      process.kill(supervisorOf(leader.pid), "SIGKILL");
      return { holdMs: 0, heal: () => undefined };
    },
  },
  {
    // It extends nothing and stops nothing; a daemon that gives up leadership ends it.
    name: "supervisor SIGSTOP, leader SIGTERM",
    boundMs: bounds.handOver,
    countsFrom: "fault",
    strike: async ({ leader, choice }) => {
      process.kill(supervisorOf(leader.pid), "SIGSTOP");
      await leader.end("SIGTERM");
      return { holdMs: choice.between(0, 1_000), heal: () => leader.restart() };
    },
  },
  {
    name: "supervisor SIGSTOP, black-holed",
    boundMs: bounds.expiry,
    countsFrom: "fault",
    strike: ({ leader }) => {
      process.kill(supervisorOf(leader.pid), "SIGSTOP");
      leader.silence();
      return { holdMs: 2 * sessionMs, heal: () => leader.restore() };
    },
  },
];

/** What strikes replicas whose duty is a command: no directory of theirs can fail. */
export const execFaults: readonly Fault[] = struck.map((fault) => ({
  ...fault,
  boundMs: fault.boundMs + execSlackMs,
  layout: "shared",
}));

function supervisorOf(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" "),
  );
  const child = children.find((text) => text !== "");
  if (child === undefined) throw new Error("the leader has no supervisor");
  return Number(child);
}
