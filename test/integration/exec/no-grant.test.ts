import { expect, test } from "bun:test";
import { Replica } from "../replica.ts";
import { ServerStage } from "../server-stage.ts";

const limitMs = 60_000;
const stage = ServerStage.open("no-grant", {
  config: ["tickTime=100", "minSessionTimeout=200", "maxSessionTimeout=300"],
});

test(
  "exec: where what servers grant leaves a command no time, a replica never leads, and says why",
  async () => {
    await using replica = new Replica({
      servers: stage.servers,
      id: "a",
      fileDir: stage.path("files"),
      flags: [
        `--zk-path=${stage.zkPath}`,
        "--failover-timeout=200ms",
        "--failover-attempts-count=3",
      ],
      command: ["sleep", "1000"],
    });
    expect(await replica.exited).toBe(69);
    expect(replica.edges).toEqual(["Init>Failover:duty-failed", "Failover>Stopping:exhausted"]);
    const failed = await replica.enters("Failover");
    expect(failed.msg).toContain("a session timeout of 300ms is granted");
    expect(failed.msg).toContain("less 75ms until it is renewed");
    const told = replica.lines.filter(({ event }) => event === "configuration");
    expect(told).toHaveLength(1);
  },
  limitMs,
);
