import { expect, test } from "bun:test";
import { join } from "node:path";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { ZooKeeperClient } from "../../../src/zookeeper/client.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import {
  type Conversation,
  converse,
  RecordingTransport,
} from "../../zookeeper/conversation.fixture.ts";
import { startServer } from "../zookeeper-server.ts";

const goldenPath = join(import.meta.dir, "../../zookeeper/conversation.golden.json");

test("conversation: a real server still says what was recorded", async () => {
  await using server = await startServer();
  const transport = new RecordingTransport(new TcpTransport());
  const client = new ZooKeeperClient({
    servers: [server.address],
    sessionTimeoutMs: 4000,
    scheduler: new RealScheduler(),
    transport,
  });
  const results = await converse(client);
  const conversation: Conversation = {
    server: "ZooKeeper 3.8.0",
    turns: transport.turns,
    results,
  };
  if (process.env["UPDATE_GOLDEN"] === "1") {
    await Bun.write(goldenPath, `${JSON.stringify(conversation, null, 2)}\n`);
  }
  const golden = (await Bun.file(goldenPath).json()) as Conversation;
  // Requests are the same to the byte; replies differ in times and in the session's id.
  expect(transport.turns.map(({ request }) => request)).toEqual(
    golden.turns.map(({ request }) => request),
  );
  expect(results.map(withoutTimes)).toEqual(golden.results.map(withoutTimes));
}, 60_000);

function withoutTimes(result: string): string {
  return result.replaceAll(/"(ctimeMs|mtimeMs|ephemeralOwner)":("[^"]*"|\d+)/g, '"$1":0');
}
