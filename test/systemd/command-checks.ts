import { join } from "node:path";
import { until } from "./docker.ts";
import type { Stage } from "./stage.ts";
import {
  activeAgain,
  type Check,
  configure,
  expect,
  exposure,
  highestExposure,
  instance,
  limitMs,
  plain,
  sessionMs,
  statusOf,
} from "./units.ts";

const example = "/usr/local/share/doc/election/election-exec.conf";
/** The command that the example names, and the place that it makes for it. */
const command = "/usr/local/bin/your-command";
const place = "/var/lib/your-command";
/** Ours, beside the example: another signal than systemd's, and memory that is eaten soon. */
const ours = ["[Service]", "Environment=ELECTION_EXEC_STOP_SIGNAL=SIGINT", "MemoryMax=400M"];
/** The default exec-stop-timeout. */
const stopTimeoutMs = 2_000;
/** A successor's command that has written so much has met whatever its predecessor left. */
const enoughLines = 20;

/**
 * The plain unit's command ends when it is asked to, the instance's never: see your-command.sh.
 * These checks are made in this order, after all others.
 */
export const commandChecks: readonly (readonly [what: string, check: Check])[] = [
  ["exec: the example turns both units into valid ones", prepared],
  ["exec: the command runs, on the leader alone", runs],
  ["exec: SIGKILL of the supervisor", (stage) => unsupervised(stage, plain, instance)],
  [
    "exec: SIGKILL of the supervisor, above a stubborn command",
    (stage) => unsupervised(stage, instance, plain),
  ],
  ["exec: stop: the command gets its own signal and no other", stopsInOrder],
  ["exec: stop: a command that ignores it is killed after exec-stop-timeout", stopsByForce],
  ["exec: SIGKILL of the main process", (stage) => killed(stage, plain, instance)],
  ["exec: SIGKILL of it, above a stubborn command", (stage) => killed(stage, instance, plain)],
  ["exec: SIGSTOP of the main process: the watchdog ends it", frozen],
  ["exec: SIGKILL of it while it stops its command", killedAtStop],
  ["exec: no memory is left: it is the command that dies, and it runs again", starved],
  ["exec: a command that runs once ends the unit, with its status", once],
];

function prepared(stage: Stage): string {
  stage.run("systemctl", "stop", plain, instance);
  configure(stage);
  stage.copy(join(import.meta.dir, "your-command.sh"), command);
  for (const unit of ["election", "election@"]) {
    const directory = `/etc/systemd/system/${unit}.service.d`;
    stage.run("install", "-D", "--mode=644", example, `${directory}/exec.conf`);
    stage.write(`${directory}/ours.conf`, ours);
  }
  stage.write("/etc/systemd/system/election@.service.d/stubborn.conf", [
    "[Service]",
    "Environment=STUBBORN=yes",
  ]);
  stage.run("systemctl", "daemon-reload");
  stage.run("systemd-analyze", "verify", plain, instance);
  return `exposure ${exposure(stage, highestExposure)}`;
}

async function runs(stage: Stage): Promise<string> {
  stage.run("systemctl", "start", plain);
  await leads(stage, plain);
  stage.run("systemctl", "start", instance);
  await statusOf(stage, instance, /^Attempter: .* leads$/);
  const { MemoryCurrent, TasksCurrent } = stage.show(plain);
  const mebibytes = (Number(MemoryCurrent) / 1024 / 1024).toFixed(0);
  return `${mebibytes} MiB, ${TasksCurrent} tasks`;
}

/** The daemon inherits what the supervisor leaves, and kills it. */
async function unsupervised(stage: Stage, leader: string, successor: string): Promise<string> {
  // Without a hook the supervisor is its only child.
  const children = `/proc/${stage.show(leader)["MainPID"]}/task/*/children`;
  const handed = await handOver(stage, leader, successor, () =>
    stage.run("sh", "-c", `kill -KILL $(cat ${children})`),
  );
  const { ActiveState, NRestarts } = stage.show(leader);
  expect("the unit", `${ActiveState} ${NRestarts}`, "active 0");
  return told(handed);
}

async function stopsInOrder(stage: Stage): Promise<string> {
  const handed = await handOver(stage, plain, instance, () =>
    stage.run("systemctl", "stop", plain),
  );
  expect("the last word", handed.lastWord, "INT");
  expect("SIGTERM was heard", said(stage).includes("TERM"), false);
  wasStopped(stage, plain);
  atMost("the hand-over", handed.tookMs, sessionMs / 2);
  stage.run("systemctl", "start", plain);
  return told(handed);
}

async function stopsByForce(stage: Stage): Promise<string> {
  const handed = await handOver(stage, instance, plain, () =>
    stage.run("systemctl", "stop", instance),
  );
  wasStopped(stage, instance);
  atMost("the time that it was left", stopTimeoutMs, handed.tookMs);
  atMost("the hand-over", handed.tookMs, sessionMs / 2);
  stage.run("systemctl", "start", instance);
  return told(handed);
}

async function killed(stage: Stage, leader: string, successor: string): Promise<string> {
  const handed = await handOver(stage, leader, successor, () => signalMain(stage, leader, "KILL"));
  atMost("the hand-over", handed.tookMs, sessionMs / 2);
  await activeAgain(stage, leader, 1);
  return told(handed);
}

async function frozen(stage: Stage): Promise<string> {
  const handed = await handOver(stage, plain, instance, () => signalMain(stage, plain, "STOP"));
  await until("systemd tells of the watchdog", limitMs, () =>
    stage.journal(`UNIT=${plain}`).some(({ MESSAGE }) => MESSAGE.includes("Watchdog timeout")),
  );
  await activeAgain(stage, plain, 2);
  return told(handed);
}

/**
 * systemd runs ExecStopPost as soon as the main process is dead, and kills the rest only then: here
 * `election release` finds the lock held, and must leave the session to whoever comes later.
 */
async function killedAtStop(stage: Stage): Promise<string> {
  const handed = await handOver(stage, instance, plain, () => {
    // At one go: exec-stop-timeout is all the time that there is.
    const stopping = `systemctl show -P StatusText ${instance} | grep -q ^Stopping`;
    const strike = `systemctl kill --kill-whom=main --signal=KILL ${instance}`;
    const script = `systemctl stop --no-block ${instance}; until ${stopping}; do :; done; ${strike}`;
    stage.run("timeout", "10", "sh", "-c", script);
  });
  await until("the unit has ended", limitMs, () => {
    return stage.show(instance)["ActiveState"] === "failed";
  });
  const tooEarly = stage
    .journal(`--unit=${instance}`)
    .find(({ MESSAGE }) => MESSAGE.includes(`gave up epoch ${handed.epoch} `));
  expect("a release while the command lived", tooEarly?.MESSAGE, undefined);
  stage.run("systemctl", "reset-failed", instance);
  return told(handed);
}

/** Where control groups are unified, systemd hears of it as well, and starts the unit anew. */
async function starved(stage: Stage): Promise<string> {
  const epoch = await leads(stage, plain);
  const before = duty(stage).length;
  const restartsBefore = Number(stage.show(plain)["NRestarts"]);
  stage.run("touch", `${place}/eat`);
  const after = await until("the command runs again", limitMs, () => {
    const lines = duty(stage).slice(before);
    const eaten = lines.findIndex(({ word }) => word === "eats");
    const again = lines.findIndex(({ word }, at) => at > eaten && word === "starts");
    return eaten >= 0 && again > eaten && lines.length > again + enoughLines && lines;
  });
  neverTwo(stage);
  await until("the unit is active", limitMs, () => stage.show(plain)["ActiveState"] === "active");
  const restarts = Number(stage.show(plain)["NRestarts"]) - restartsBefore;
  return `epoch ${epoch}, then ${after.at(-1)?.epoch}; ${restarts} restarts of the unit`;
}

async function once(stage: Stage): Promise<string> {
  stage.run("systemctl", "stop", plain);
  const outcomes: string[] = [];
  for (const status of [0, 2]) {
    stage.write(`/etc/systemd/system/${plain}.d/once.conf`, [
      "[Service]",
      "Environment=ELECTION_EXEC_RESTART=never ELECTION_EXEC_THEN=exit",
      "Restart=on-failure",
      "ExecStart=",
      `ExecStart=/usr/local/bin/election exec -- /bin/sh -c "exit ${status}"`,
    ]);
    stage.run("systemctl", "daemon-reload");
    stage.run("systemctl", "start", plain);
    const { ActiveState, ExecMainStatus, NRestarts } = await until("it ends", limitMs, () => {
      const seen = stage.show(plain);
      return ["inactive", "failed"].includes(seen["ActiveState"] ?? "") && seen;
    });
    outcomes.push(`${ActiveState} ${ExecMainStatus} ${NRestarts}`);
  }
  expect("outcomes", outcomes.join(", "), "inactive 0 0, failed 2 0");
  return outcomes.join(", ");
}

/** One line of the command. */
interface Line {
  readonly epoch: bigint;
  readonly at: number;
  readonly word: string;
}

interface HandedOver {
  /** The old leader's. */
  readonly epoch: bigint;
  /** From the strike to the last line of the old command, and to the first of the new one. */
  readonly diedMs: number;
  readonly tookMs: number;
  readonly lastWord: string;
}

function duty(stage: Stage): readonly Line[] {
  const text = stage.run("cat", `${place}/duty`);
  return text.split("\n").flatMap((line) => {
    const [epoch = "", at = "", word = ""] = line.split(" ");
    return [{ epoch: BigInt(epoch), at: Number(at), word }];
  });
}

function said(stage: Stage): readonly string[] {
  return duty(stage).map(({ word }) => word);
}

/** Strikes the leader, and looks how its command ends and its successor's begins. */
async function handOver(
  stage: Stage,
  leader: string,
  successor: string,
  strike: () => void,
): Promise<HandedOver> {
  const epoch = await leads(stage, leader);
  await statusOf(stage, successor, /^Attempter: .* leads$/);
  const struckAt = Date.now();
  strike();
  const lines = await until("the successor's command works", limitMs, () => {
    const all = duty(stage);
    return all.filter((line) => line.epoch > epoch).length > enoughLines && all;
  });
  await leads(stage, successor);
  neverTwo(stage);
  const last = lines.findLast((line) => line.epoch === epoch);
  const first = lines.find((line) => line.epoch > epoch);
  return {
    epoch,
    diedMs: (last?.at ?? Number.NaN) - struckAt,
    tookMs: (first?.at ?? Number.NaN) - struckAt,
    lastWord: last?.word ?? "",
  };
}

/** Waits until the unit leads and its command works, and gives the epoch. */
async function leads(stage: Stage, unit: string): Promise<bigint> {
  const status = await statusOf(stage, unit, /^Leader, epoch \d+$/);
  const epoch = BigInt(/\d+$/.exec(status)?.[0] ?? "");
  await until("its command works", limitMs, () =>
    duty(stage).some((line) => line.epoch === epoch && line.word === "works"),
  );
  return epoch;
}

/** No line stands behind one of a later epoch, and nobody started beside another who lived. */
function neverTwo(stage: Stage): void {
  const lines = duty(stage);
  expect("a command that started beside another", said(stage).includes("overlap"), false);
  expect("nice or chown was forbidden", said(stage).includes("forbidden"), false);
  const late = lines.find(({ epoch }, at) => at > 0 && epoch < (lines[at - 1]?.epoch ?? epoch));
  expect("a line behind a later epoch's", late?.word, undefined);
}

function signalMain(stage: Stage, unit: string, signal: "KILL" | "STOP"): void {
  stage.run("systemctl", "kill", "--kill-whom=main", `--signal=${signal}`, unit);
}

function wasStopped(stage: Stage, unit: string): void {
  const { ActiveState, Result, ExecMainStatus } = stage.show(unit);
  expect("outcome", `${ActiveState} ${Result} ${ExecMainStatus}`, "inactive success 0");
}

function atMost(what: string, ms: number, mostMs: number): void {
  if (ms > mostMs) throw new Error(`${what}: ${ms} ms; expected at most ${mostMs} ms`);
}

function told({ diedMs, tookMs }: HandedOver): string {
  return `the command's last line after ${diedMs} ms, the next one's first after ${tookMs} ms`;
}
