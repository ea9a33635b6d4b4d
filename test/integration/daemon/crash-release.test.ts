import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { binary, Replica } from "../replica.ts";
import { ServerStage } from "../server-stage.ts";

const limitMs = 60_000;
/** Long, so that a hand-over within it cannot be the session's end. */
const sessionSeconds = 20;
const stage = ServerStage.open("crash", { config: ["maxSessionTimeout=60000"] });

const stateDir = (): string => stage.path("state");
const options = (): readonly string[] => [
  `--zk-path=${stage.zkPath}`,
  `--state-dir=${stateDir()}`,
  `--session-timeout=${sessionSeconds}s`,
];

function start(id: string, ...more: readonly string[]): Replica {
  const fileDir = stage.path("files");
  const flags = [...withOptions(more), "--leader-timeout=200ms"];
  return new Replica({ servers: stage.servers, id, fileDir, flags });
}

/**
 * One that does not look into the directory of the others: whoever does, and was started within the
 * last session timeout, may be the one that releases.
 */
function startApart(id: string): Replica {
  return start(id, `--state-dir=${stage.path("apart")}`);
}

/** Runs `election release` to its end. */
function release(...flags: readonly string[]) {
  return Bun.spawnSync([binary, "release", `--zk-servers=${stage.servers}`, ...withOptions(flags)]);
}

/** The options of all, where these flags do not replace them. */
function withOptions(flags: readonly string[]): readonly string[] {
  return [...options().filter((one) => !flags.some((flag) => sameFlag(flag, one))), ...flags];
}

function sameFlag(one: string, other: string): boolean {
  return one.split("=")[0] === other.split("=")[0];
}

/** The passwords of the sessions that stand in the state directory, in hexadecimal. */
function passwords(): readonly string[] {
  const files = readdirSync(stateDir()).filter((name) => name.endsWith(".json"));
  return files.flatMap((name) => {
    const text = readFileSync(join(stateDir(), name), "utf8");
    return /password[\\":]+([0-9a-f]{32})/.exec(text)?.[1] ?? [];
  });
}

test(
  "crash release: a paused leader is not dead, and nobody is told its password",
  async () => {
    await using leader = start("a", "--log-level=trace");
    await leader.writes();
    leader.kill("SIGSTOP");
    const { exitCode, stderr } = release("--log-level=trace");
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
    leader.kill("SIGCONT");
    await leader.writes(leader.lines.length);
    expect(leader.edges).toEqual(["Init>Attempter:ready", "Attempter>Leader:elected"]);
    const [password = "none", ...others] = passwords();
    expect(others).toEqual([]);
    expect(password).not.toBe("none");
    expect(JSON.stringify(leader.lines)).not.toContain(password);
  },
  limitMs,
);

test(
  "crash release: the restart of a killed leader lets the next in line lead at once",
  async () => {
    await using leader = start("a");
    await leader.writes();
    await using next = startApart("b");
    await next.line("follows", (line) => line["leader"] === "a");
    leader.kill("SIGKILL");
    await leader.exited;
    const killedAt = performance.now();
    await using restarted = start("a2");
    await next.writes();
    // Without the release it would take the session's 20 s.
    expect(performance.now() - killedAt).toBeLessThan(5000);
    expect(next.lines.some(({ event }) => event === "waiting-out")).toBe(false);
    await restarted.line("tells", ({ msg }) => msg.includes("gave up epoch"));
  },
  limitMs,
);

test(
  "crash release: `election release` does the same without starting a replica",
  async () => {
    await using leader = start("a");
    await leader.writes();
    await using next = startApart("b");
    await next.line("follows", (line) => line["leader"] === "a");
    leader.kill("SIGKILL");
    await leader.exited;
    // Of another service with the same directory it is nobody's business.
    const foreign = release("--zk-path=/another");
    expect(foreign.stderr.toString()).toContain("a record of another service is left to it");
    expect(foreign.exitCode).toBe(0);
    const { exitCode, stderr } = release();
    expect(stderr.toString()).toMatch(
      /^election: gave up epoch \d+ of a process that was killed\n$/,
    );
    expect(exitCode).toBe(0);
    await next.writes();
    expect(next.lines.some(({ event }) => event === "waiting-out")).toBe(false);
  },
  limitMs,
);

test(
  "crash release: a leader that stops while no server answers leaves the rest to the next start",
  async () => {
    await using leader = start("a", "--session-timeout=6s", "--failover-attempts-count=1000");
    await leader.writes();
    await stage.server.stop();
    try {
      await leader.enters("Failover");
      leader.kill("SIGTERM");
      expect(await leader.exited).toBe(0);
      expect(leader.lines.at(-1)).toMatchObject({
        level: "warn",
        msg: expect.stringMatching(
          /the session of epoch \d+ was not closed: it runs out by itself$/,
        ),
      });
    } finally {
      await stage.server.restart();
    }
    await using next = start("b", "--session-timeout=6s");
    await next.line("tells", ({ msg }) => msg.startsWith("gave up epoch"));
    await next.writes();
    expect(next.lines.some(({ event }) => event === "waiting-out")).toBe(false);
  },
  limitMs,
);

test(
  "crash release: what living replicas hold is left alone, and an orderly end leaves nothing",
  async () => {
    await using leader = start("a");
    await leader.writes();
    await using other = start("b");
    await other.line("follows", (line) => line["leader"] === "a");
    const { exitCode, stderr } = release();
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
    await leader.writes(leader.lines.length);
    leader.kill("SIGTERM");
    expect(await leader.exited).toBe(0);
    other.kill("SIGTERM");
    expect(await other.exited).toBe(0);
    // The history of leaderships stays: it is nobody's in particular.
    const left = readdirSync(stateDir()).filter((name) => !name.startsWith("leaderships-"));
    expect(left).toEqual([]);
  },
  limitMs,
);

test(
  "crash release: a killed replica that did not lead only loses its place in line",
  async () => {
    await using leader = startApart("a");
    await leader.writes();
    await using other = start("b");
    await other.line("follows", (line) => line["leader"] === "a");
    other.kill("SIGKILL");
    await other.exited;
    await using restarted = start("b2");
    await restarted.line("tells", ({ msg }) => msg.includes("it did not lead"));
    await leader.writes(leader.lines.length);
    expect(leader.edges).toEqual(["Init>Attempter:ready", "Attempter>Leader:elected"]);
  },
  limitMs,
);
