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
  liveSettings,
  parsed,
  plain,
  sessionMs,
  statusOf,
} from "./units.ts";

/** A drop-in that makes the limit of the start a short one. */
const hasty = `/run/systemd/system/${plain}.d/hasty.conf`;
const hastySeconds = 3;

/** In the order in which they are made: each begins where the one before it left off. */
export const checks: readonly (readonly [what: string, check: Check])[] = [
  ["the units are valid", valid],
  [`the exposure is at most ${highestExposure}`, (stage) => exposure(stage, highestExposure)],
  ["bad usage fails once, and is an error in the journal", badUsage],
  [
    "a start without servers fails when repair is used up, and goes on in the background",
    vainStart,
  ],
  ["a start that freezes is ended, and begun anew", frozenStart],
  ["a start waits for the servers, beyond TimeoutStartSec", patientStart],
  ["READY when the replica takes part; it leads and writes", leads],
  ["an instance of the template stands in line behind it", follows],
  ["files and state are where they should be, for whom they should be", places],
  ["what would change the program is kept from it", environment],
  ["a reload changes what may change, without a restart", reloaded],
  ["SIGKILL of the leader: the next one leads long before the session ends", killed],
  ["SIGSTOP of the leader: the watchdog ends it, and it comes back", frozen],
  ["stop: exit 0, and the next one leads", stopped],
  ["the journal knows the level of every line", levels],
  ["it comes back after a reboot", rebooted],
];

function valid(stage: Stage): string {
  stage.run("systemd-analyze", "verify", plain, instance);
  return "";
}

function badUsage(stage: Stage): string {
  const { exitCode } = stage.try("systemctl", "start", plain);
  expect("exit code of systemctl start", exitCode, 1);
  const { ActiveState, ExecMainStatus, NRestarts } = stage.show(plain);
  expect("outcome", `${ActiveState} ${ExecMainStatus} ${NRestarts}`, "failed 2 0");
  const [error] = stage.journal("--priority=err", `--unit=${plain}`, "_COMM=election");
  expect("error", error?.MESSAGE.startsWith("election: --zk-servers is missing"), true);
  return error?.MESSAGE ?? "";
}

/** The server does not run yet. */
async function vainStart(stage: Stage): Promise<string> {
  configure(stage, "ELECTION_FAILOVER_ATTEMPTS_COUNT=1");
  const { exitCode } = stage.try("systemctl", "start", plain);
  expect("exit code of systemctl start", exitCode, 1);
  await until("it is tried again", limitMs, () => Number(stage.show(plain)["NRestarts"]) > 1);
  const told = stage.journal(`UNIT=${plain}`).some(({ MESSAGE }) => MESSAGE.includes("status=69"));
  expect("exit status 69 is told", told, true);
  stage.run("systemctl", "stop", plain);
  return "systemctl start failed, exit status 69, and it is tried again";
}

async function frozenStart(stage: Stage): Promise<string> {
  configure(stage, "ELECTION_FAILOVER_ATTEMPTS_COUNT=1000");
  stage.write(hasty, ["[Service]", `TimeoutStartSec=${hastySeconds}s`]);
  stage.run("systemctl", "daemon-reload");
  stage.run("systemctl", "start", "--no-block", plain);
  await statusOf(stage, plain, /^Failover: /);
  const before = stage.show(plain);
  stage.run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", plain);
  await until("it is started anew", limitMs, () => {
    const { MainPID } = stage.show(plain);
    return MainPID !== "0" && MainPID !== before["MainPID"];
  });
  stage.run("systemctl", "stop", plain);
  return "";
}

async function patientStart(stage: Stage): Promise<string> {
  const startedAt = performance.now();
  stage.run("systemctl", "start", "--no-block", plain);
  const enough = startedAt + 4 * hastySeconds * 1000;
  await until("four times TimeoutStartSec", limitMs, () => performance.now() > enough);
  const waiting = stage.show(plain);
  expect("state", `${waiting["ActiveState"]} ${waiting["NRestarts"]}`, "activating 0");
  expect("status", waiting["StatusText"]?.startsWith("Failover: "), true);
  stage.startServer();
  // Joins the start under way.
  stage.run("systemctl", "start", plain);
  const { MainPID, NRestarts } = stage.show(plain);
  expect("process", `${MainPID} ${NRestarts}`, `${waiting["MainPID"]} 0`);
  stage.run("rm", hasty);
  stage.run("systemctl", "daemon-reload");
  return `"${waiting["StatusText"]}", then active`;
}

async function leads(stage: Stage): Promise<string> {
  stage.run("systemctl", "stop", plain);
  const startedAt = performance.now();
  stage.run("systemctl", "start", plain);
  const tookMs = performance.now() - startedAt;
  expect("state", stage.show(plain)["ActiveState"], "active");
  const status = await statusOf(stage, plain, /^Leader, epoch \d+$/);
  const { MemoryCurrent, TasksCurrent } = stage.show(plain);
  const mebibytes = (Number(MemoryCurrent) / 1024 / 1024).toFixed(0);
  const cost = `${mebibytes} MiB, ${TasksCurrent} tasks`;
  return `systemctl start took ${tookMs.toFixed(0)} ms; "${status}"; ${cost}`;
}

async function follows(stage: Stage): Promise<string> {
  stage.run("systemctl", "start", instance);
  const status = await statusOf(stage, instance, /^Attempter: host-[0-9a-f]+ leads$/);
  expect("description", stage.show(instance)["Description"], "Leader election, replica b");
  return `"${status}"`;
}

function places(stage: Stage): string {
  const modes = (...paths: readonly string[]): readonly string[] =>
    stage.run("stat", "--format=%A %U:%G", ...paths).split("\n");
  const [file] = stage.run("ls", "/var/lib/election/files").split("\n").slice(-1);
  expect("name", /^\d+-\d+\.json$/.test(file ?? ""), true);
  const seen = modes("/var/lib/election", "/var/lib/election/files", "/run/election/state");
  const expected = ["drwxr-x---", "drwxr-x---", "drwx------"].map(
    (mode) => `${mode} election:election`,
  );
  expect("modes", seen.join(", "), expected.join(", "));
  const sockets = stage.run("ls", "/run/election").split("\n");
  expect("in /run/election", sockets.join(" "), "election.sock election@b.sock state");
  return file ?? "";
}

function environment(stage: Stage): string {
  const { MainPID } = stage.show(plain);
  const variables = stage.run("cat", `/proc/${MainPID}/environ`).split("\0");
  expect("ours is there", variables.includes("ELECTION_LEADER_TIMEOUT=200ms"), true);
  expect("Bun's", variables.filter((variable) => variable.startsWith("BUN_")).join(), "");
  return "BUN_BE_BUN stood in the settings";
}

async function reloaded(stage: Stage): Promise<string> {
  const before = stage.show(plain)["MainPID"];
  stage.write(liveSettings, ["ELECTION_STORAGE_CAPACITY=7"]);
  stage.run("systemctl", "reload", plain);
  const told = await until("the change is told", limitMs, () =>
    stage
      .journal(`--unit=${plain}`)
      .find(({ MESSAGE }) => MESSAGE.includes("storage-capacity is 7 from now on")),
  );
  await until("seven files are kept", limitMs, () => {
    return stage.run("ls", "/var/lib/election/files").split("\n").length === 7;
  });
  expect("process", stage.show(plain)["MainPID"], before);
  return String(parsed(told)["msg"]);
}

async function killed(stage: Stage): Promise<string> {
  const tookMs = await handOver(stage, plain, instance, () =>
    stage.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", plain),
  );
  if (tookMs > sessionMs / 2) throw new Error(`it took ${tookMs} ms`);
  // By whom does not matter: a replica that has just started does it for the others of its host.
  const said = await until("the release is told", limitMs, () =>
    stage
      .journal(`--unit=${plain}`, `--unit=${instance}`)
      .find(({ MESSAGE }) => MESSAGE.includes("gave up epoch")),
  );
  await activeAgain(stage, plain, 1);
  return `${tookMs} ms; "${said.MESSAGE}"`;
}

async function frozen(stage: Stage): Promise<string> {
  const tookMs = await handOver(stage, instance, plain, () =>
    stage.run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", instance),
  );
  await until("systemd tells of the watchdog", limitMs, () =>
    stage.journal(`UNIT=${instance}`).some(({ MESSAGE }) => MESSAGE.includes("Watchdog timeout")),
  );
  await activeAgain(stage, instance, 1);
  return `${tookMs} ms to the next leader's first file`;
}

async function stopped(stage: Stage): Promise<string> {
  const tookMs = await handOver(stage, plain, instance, () =>
    stage.run("systemctl", "stop", plain),
  );
  const { ActiveState, Result, ExecMainStatus } = stage.show(plain);
  expect("outcome", `${ActiveState} ${Result} ${ExecMainStatus}`, "inactive success 0");
  if (tookMs > sessionMs / 2) throw new Error(`it took ${tookMs} ms`);
  return `${tookMs} ms`;
}

function levels(stage: Stage): string {
  const priorities: Readonly<Record<string, string>> = {
    error: "3",
    warn: "4",
    info: "6",
    debug: "7",
    trace: "7",
  };
  const lines = stage
    .journal("_COMM=election", `--unit=${plain}`)
    .filter(({ MESSAGE }) => MESSAGE.startsWith("{"));
  const wrong = lines.find((line) => line.PRIORITY !== priorities[String(parsed(line)["level"])]);
  expect("a line of the wrong level", wrong?.MESSAGE, undefined);
  const warnings = stage
    .journal("--priority=warning", "_COMM=election", `--unit=${plain}`)
    .filter(({ MESSAGE }) => MESSAGE.startsWith("{"));
  expect("warnings are some of the lines", warnings.length > 0, true);
  expect("and not all of them", warnings.length < lines.length, true);
  return `${lines.length} lines, ${warnings.length} of them with journalctl --priority=warning`;
}

async function rebooted(stage: Stage): Promise<string> {
  stage.run("systemctl", "enable", plain);
  await stage.reboot();
  await until("the unit is active", limitMs, () => stage.show(plain)["ActiveState"] === "active");
  return `"${await statusOf(stage, plain, /^Leader, epoch \d+$/)}"`;
}

/** Does something to the leader, and gives the milliseconds until its successor's first file. */
async function handOver(
  stage: Stage,
  leader: string,
  successor: string,
  strike: () => void,
): Promise<number> {
  await statusOf(stage, leader, /^Leader, epoch/);
  await statusOf(stage, successor, /^Attempter: .* leads$/);
  const epoch = /\d+$/.exec(stage.show(leader)["StatusText"] ?? "")?.[0] ?? "";
  const struckAt = Date.now();
  strike();
  const file = await until("the successor's first file", limitMs, () =>
    stage
      .journal(`--unit=${successor}`, `--since=@${Math.floor(struckAt / 1000) - 1}`)
      .filter(({ MESSAGE }) => MESSAGE.startsWith("{"))
      .map((line) => parsed(line))
      .find(
        (line) => line["event"] === "file-written" && BigInt(String(line["epoch"])) > BigInt(epoch),
      ),
  );
  return Date.parse(String(file["time"])) - struckAt;
}
