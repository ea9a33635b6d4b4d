import { Replica, temporaryDirectory } from "../integration/replica.ts";
import { startEnsemble } from "../integration/zookeeper-server.ts";
import { LandingLog } from "./judge/landing-log.ts";
import { machineText } from "./machine-line.ts";
import { NaiveClient } from "./naive-client.ts";
import { Network } from "./arena/network.ts";
import { paceMs, sessionMs, syncLimit, tickMs } from "./judge/terms.ts";

/**
 * Shows the ping hole. The server of a leader is cut off from the other servers, but not from its
 * clients. It goes on answering pings, so a client that trusts them believes to lead while another
 * leads already. Beside it a leader of ours, on the same server, at the same moment.
 *   test/chaos/in-namespaces ping-hole.ts
 * Exits with 1 when ours acted while its successor did.
 */

const limitMs = 30_000;

process.exit(await main());

async function main(): Promise<number> {
  const network = new Network(3);
  const { seats } = network;
  const options = { tickTimeMs: tickMs, config: [`syncLimit=${syncLimit}`], seats };
  const servers = await startEnsemble(seats.length, options);
  await using stack = new AsyncDisposableStack();
  for (const server of servers) stack.use(server);

  const modes = await Promise.all(servers.map((server) => server.mode()));
  const lonely = modes.indexOf("follower");
  const addresses = servers.map(({ address }) => `${address.host}:${address.port}`);
  const near = addresses[lonely] ?? "";
  const others = addresses.filter((address) => address !== near).join(",");

  const naive = stack.use(new NaiveClient(near, sessionMs));
  await naive.believing(true, limitMs);
  const naiveSuccessor = stack.use(new NaiveClient(others, sessionMs));

  const directory = stack.use(temporaryDirectory());
  const files = stack.use(new LandingLog(directory.path));
  const flags = [`--session-timeout=${sessionMs}ms`, `--leader-timeout=${paceMs}ms`];
  const terms = { fileDir: directory.path, flags };
  const ours = stack.use(new Replica({ ...terms, id: "ours", servers: near }));
  await ours.writes();
  const successor = stack.use(new Replica({ ...terms, id: "successor", servers: others }));
  await successor.line("follows", (line) => line["leader"] === "ours");
  await Bun.sleep(sessionMs);

  const from = Date.now();
  const origin = performance.timeOrigin;
  network.isolate(lonely);
  const secondLeads = (await naiveSuccessor.believing(true, limitMs)) - from;
  const firstDoubts = (await naive.believing(false, limitMs)) - from;
  await successor.writes();
  await Bun.sleep(sessionMs);

  const { landings } = files;
  const timeOf = (at: number | undefined): number => (at ?? Number.NaN) + origin - from;
  const lastOfOurs = timeOf(landings.findLast(({ replica }) => replica === "ours")?.at);
  const firstOfNext = timeOf(landings.find(({ replica }) => replica === "successor")?.at);
  const left = await ours.enters("Failover");
  const apart = lastOfOurs < firstOfNext;
  process.stdout.write(
    [
      `a follower is cut off at 0 s; sessions of ${seconds(sessionMs)}, servers' patience ` +
        `(syncLimit x tickTime) ${seconds(syncLimit * tickMs)}`,
      "",
      "npm zookeeper, trusting its state CONNECTED",
      `  ${seconds(secondLeads)}  the second client leads`,
      `  ${seconds(firstDoubts)}  the first client ceases to believe that it leads`,
      `  two leaders for ${seconds(firstDoubts - secondLeads)}`,
      "",
      "election",
      `  ${seconds(lastOfOurs)}  the last file of the leader on that server`,
      `  ${seconds(Date.parse(left.time) - from)}  it leaves Leader: ${String(left["reason"])}`,
      `  ${seconds(firstOfNext)}  the first file of its successor`,
      apart ? "  two leaders never" : "  TWO LEADERS",
      "",
      machineText(),
      "",
    ].join("\n"),
  );
  return apart ? 0 : 1;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
