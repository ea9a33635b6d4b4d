import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type LogLine, Replica } from "../replica.ts";
import { ServerStage } from "../server-stage.ts";

const limitMs = 60_000;
const stage = ServerStage.open("exec", { config: ["maxSessionTimeout=60000"] });

/**
 * A command that takes a lock which the kernel drops with its last process. Whoever finds it taken
 * was started while another one lived. Neither it nor the process that it detaches heeds SIGTERM.
 */
const stubborn = `
  trap '' TERM
  exec 9>>"$DIRECTORY/lock"
  flock --nonblock 9 || echo "overlap at epoch $ELECTION_EPOCH" >>"$DIRECTORY/journal"
  echo "start $ELECTION_EPOCH $$" >>"$DIRECTORY/journal"
  setsid sleep 1000 &
  echo "detached $!"
  while :; do sleep 0.05; done
`;

function start(id: string, script: string, ...flags: readonly string[]): Replica {
  return new Replica({
    servers: stage.servers,
    id,
    fileDir: stage.path("files"),
    flags: [
      `--zk-path=${stage.zkPath}`,
      "--exec-stop-timeout=300ms",
      ...(flags.some((flag) => flag.startsWith("--session")) ? [] : ["--session-timeout=4s"]),
      ...flags,
    ],
    command: ["bash", "-c", script],
    environment: { DIRECTORY: stage.path(), SECRET: "kept", BUN_JSC_useConcurrentGC: "true" },
  });
}

function journal(): readonly string[] {
  const path = stage.path("journal");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

const runs = (): readonly string[] => journal().filter((line) => line.startsWith("start"));

async function output(replica: Replica, pattern: RegExp, from = 0): Promise<RegExpExecArray> {
  const said = ({ event, msg }: LogLine): boolean =>
    event === "command-output" && pattern.test(msg);
  const line = await replica.line(`says ${pattern.source}`, said, from);
  const match = pattern.exec(line.msg);
  if (match === null) throw new Error("unreachable");
  return match;
}

function lives(pid: string | undefined): boolean {
  return existsSync(`/proc/${pid}`);
}

/** The supervisor of the command that a line of the journal tells of. */
function supervisorOf(line = ""): number {
  const [, pid] = /^start \d+ (\d+)/.exec(line) ?? [];
  return Number(readFileSync(`/proc/${pid}/stat`, "latin1").split(" ")[3]);
}

/** Waits for the second command, and shows that the first was dead before it started. */
async function followedBy(other: Replica, detached: string | undefined): Promise<void> {
  await output(other, /^detached (\d+)/);
  expect(lives(detached)).toBe(false);
  expect(runs()).toHaveLength(2);
  expect(journal().filter((line) => line.startsWith("overlap"))).toEqual([]);
}

test(
  "exec: a hand-over kills every process of the command, then starts it elsewhere",
  async () => {
    await using leader = start("a", stubborn);
    const [, detached] = await output(leader, /^detached (\d+)/);
    await using other = start("b", stubborn);
    await other.line("follows", (line) => line["leader"] === "a");
    leader.kill("SIGTERM");
    expect(await leader.exited).toBe(0);
    expect(lives(detached)).toBe(false);
    await followedBy(other, detached);
  },
  limitMs,
);

test.each(["SIGKILL", "SIGSTOP"] as const)(
  "exec: after %s of the daemon the command is dead before another one starts",
  async (signal) => {
    await using leader = start("a", stubborn);
    const [, detached] = await output(leader, /^detached (\d+)/);
    await using other = start("b", stubborn);
    await other.line("follows", (line) => line["leader"] === "a");
    leader.kill(signal);
    await followedBy(other, detached);
    if (signal === "SIGKILL") return;
    const from = leader.lines.length;
    leader.kill("SIGCONT");
    await leader.line("notices", ({ state }) => state === "Attempter", from);
    expect(runs()).toHaveLength(2);
  },
  limitMs,
);

test(
  "exec: with a state directory the crash costs the command's end, and not the session's",
  async () => {
    const flags = [`--state-dir=${stage.path("state")}`, "--session-timeout=20s"];
    await using leader = start("a", stubborn, ...flags);
    const [, detached] = await output(leader, /^detached (\d+)/);
    await using other = start("b", stubborn, ...flags);
    await other.line("follows", (line) => line["leader"] === "a");
    leader.kill("SIGKILL");
    await leader.exited;
    const killedAt = performance.now();
    await using restarted = start("a2", stubborn, ...flags);
    await followedBy(other, detached);
    // Without the release it would take the session's 20 s, or a lease of 13 s.
    expect(performance.now() - killedAt).toBeLessThan(8_000);
    // Either of the two that look into the directory may have been the first.
    const told = [...restarted.lines, ...other.lines].map(({ msg }) => msg);
    expect(told.filter((msg) => msg.includes("gave up epoch"))).toHaveLength(1);
  },
  limitMs,
);

test(
  "exec: SIGKILL of the supervisor kills the command as well, and another one may start",
  async () => {
    await using leader = start("a", stubborn);
    const [, detached] = await output(leader, /^detached (\d+)/);
    const [, pid] = /^start \d+ (\d+)/.exec(runs()[0] ?? "") ?? [];
    process.kill(supervisorOf(runs()[0]), "SIGKILL");
    await leader.line("tells", ({ msg }) => msg.includes("its supervisor ended"));
    expect([lives(pid), lives(detached)]).toEqual([false, false]);
    const from = leader.lines.length;
    await output(leader, /^detached (\d+)/, from);
    expect(journal().filter((line) => line.startsWith("overlap"))).toEqual([]);
  },
  limitMs,
);

test(
  "exec: a supervisor that hangs is killed in time, with the command, before another one starts",
  async () => {
    await using leader = start("a", stubborn);
    const [, detached] = await output(leader, /^detached (\d+)/);
    await using other = start("b", stubborn);
    await other.line("follows", (line) => line["leader"] === "a");
    process.kill(supervisorOf(runs()[0]), "SIGSTOP");
    const stoppedAt = performance.now();
    leader.kill("SIGTERM");
    expect(await leader.exited).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(3_000);
    await followedBy(other, detached);
  },
  limitMs,
);

test(
  "exec: the command finds the epoch, but neither our options nor the manager's words",
  async () => {
    writeFileSync(stage.path("env"), "ELECTION_STORAGE_CAPACITY=3\n");
    const file = stage.path("env");
    const script = 'env; echo "wrong" >&2; exit 3';
    const flags = ["--exec-restart=never", "--exec-then=exit", `--env-file=${file}`];
    await using replica = start("a", script, ...flags);
    expect(await replica.exited).toBe(3);
    expect(replica.lines.at(-1)?.msg).toStartWith("the command is done; ");
    const lines = replica.lines.filter(({ event }) => event === "command-output");
    const variables = lines.filter(({ stream }) => stream === "stdout").map(({ msg }) => msg);
    const ours = variables.filter((line) => line.startsWith("ELECTION_"));
    expect(ours.map((line) => line.replace(/=.*/, "")).toSorted()).toEqual([
      "ELECTION_EPOCH",
      "ELECTION_LEASE_UNTIL",
      "ELECTION_REPLICA_ID",
    ]);
    expect(variables).toContain("SECRET=kept");
    expect(lines.find(({ stream }) => stream === "stderr")?.msg).toBe("wrong");
  },
  limitMs,
);

/** The names of a process's threads. */
function threads(pid: number): readonly string[] {
  const tasks = `/proc/${pid}/task`;
  const names = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/comm`, "utf8"));
  return names.map((name) => name.trim()).toSorted();
}

test(
  "exec: a supervisor starts no thread later, so no command takes from it what a thread needs",
  async () => {
    const settings = "markers $BUN_JSC_numberOfGCMarkers, concurrent $BUN_JSC_useConcurrentGC";
    const script = `echo "early $PPID"; sleep 1.5; echo "late, ${settings}"; exec sleep 1000`;
    await using leader = start("a", script);
    const [, pid] = await output(leader, /^early (\d+)/);
    const early = threads(Number(pid));
    // This one goes after 20 s without work, and comes again.
    expect(early).not.toContain("JSCWarmUp");
    // The settings behind this are the supervisor's: the command finds its own.
    await output(leader, /^late, markers , concurrent true$/);
    expect(threads(Number(pid))).toEqual(early);
  },
  limitMs,
);

test(
  "exec: a signal that is the command's reaches it alone, and the others stay the daemon's",
  async () => {
    const script = "trap 'echo heard' USR1; echo ready; while :; do sleep 0.05; done";
    await using leader = start("a", script, "--exec-forward=SIGUSR1,SIGHUP");
    await output(leader, /^ready/);
    leader.kill("SIGUSR1");
    await output(leader, /^heard/);
    expect(leader.lines.at(-1)?.state).toBe("Leader");
    const from = leader.lines.length;
    // Whoever does not heed SIGHUP ends by it, and is started again.
    leader.kill("SIGHUP");
    const end = await leader.line("ends", ({ event }) => event === "command", from);
    expect(end.msg).toContain("exited with status 129");
    await output(leader, /^ready/, from);
    leader.kill("SIGTERM");
    expect(await leader.exited).toBe(0);
  },
  limitMs,
);

test(
  "exec: a command that floods its output holds up neither the lease nor the end",
  async () => {
    await using leader = start("a", "trap '' TERM; echo ready; yes");
    await output(leader, /^ready/);
    await leader.line("floods", () => true, 100_000);
    const stoppedAt = performance.now();
    leader.kill("SIGTERM");
    expect(await leader.exited).toBe(0);
    // 300 ms are the stop timeout.
    expect(performance.now() - stoppedAt).toBeLessThan(1_500);
    expect(leader.edges.slice(0, 2)).toEqual(["Init>Attempter:ready", "Attempter>Leader:elected"]);
  },
  limitMs,
);

test(
  "exec: a command that cannot start leaves leadership to a replica that can start it",
  async () => {
    await using other = start("b", stubborn, "--failover-timeout=100ms");
    await output(other, /^detached/);
    await using broken = new Replica({
      servers: stage.servers,
      id: "a",
      fileDir: stage.path("files"),
      flags: [`--zk-path=${stage.zkPath}`, "--failover-timeout=50ms"],
      command: ["/nonexistent/work"],
    });
    expect(await broken.exited).toBe(69);
    expect(broken.lines.at(-1)?.msg).toContain('the command "/nonexistent/work" is not there');
  },
  limitMs,
);
