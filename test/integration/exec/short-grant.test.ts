import { expect, test } from "bun:test";
import { type LogLine, Replica } from "../replica.ts";
import { ServerStage } from "../server-stage.ts";

const limitMs = 60_000;
const stage = ServerStage.open("short-grant", {
  config: ["tickTime=100", "minSessionTimeout=300", "maxSessionTimeout=4000"],
});

function start(...flags: readonly string[]): Replica {
  return new Replica({
    servers: stage.servers,
    id: "a",
    fileDir: stage.path("files"),
    flags: [`--zk-path=${stage.zkPath}`, ...flags],
    command: ["sh", "-c", "echo works; exec sleep 1000"],
  });
}

const isStarted = ({ event, msg }: LogLine): boolean =>
  event === "command-output" && msg === "works";

test(
  "exec: where servers grant less than was asked for, the time to stop fits the grant, and that is said once",
  async () => {
    // With the 2 s of the default, a lease of 2.666 s would stop the command every second.
    await using replica = start("--session-timeout=10s");
    await replica.line("the command works", isStarted);
    await Bun.sleep(4_000);
    expect(replica.lines.filter(isStarted)).toHaveLength(1);
    expect(replica.edges).toEqual(["Init>Attempter:ready", "Attempter>Leader:elected"]);
    const told = replica.lines.filter(({ event }) => event === "configuration");
    expect(told.map(({ level, msg }) => [level, msg])).toEqual([
      [
        "warn",
        expect.stringContaining("a command gets 1.066s to end, for a session timeout of 4s"),
      ],
    ]);
    replica.kill("SIGTERM");
    expect(await replica.exited).toBe(0);
  },
  limitMs,
);
