import { expect, test } from "bun:test";
import { join } from "node:path";
import { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import { FakeScheduler } from "../fake/scheduler.ts";
import { type Conversation, converse, ReplayingTransport } from "./conversation.fixture.ts";

// Recorded by `UPDATE_GOLDEN=1 bun test test/integration/zookeeper/conversation.test.ts`.
const golden = (await Bun.file(
  join(import.meta.dir, "conversation.golden.json"),
).json()) as Conversation;
const streamBytes = golden.turns.reduce((sum, { replies }) => sum + replies.length / 2, 0);

async function replay(cut: number): Promise<readonly string[]> {
  const client = new ZooKeeperClient({
    servers: [{ host: "10.0.0.1", port: 2181 }],
    sessionTimeoutMs: 4000,
    scheduler: new FakeScheduler(),
    transport: new ReplayingTransport(golden.turns, cut),
  });
  try {
    return await converse(client);
  } finally {
    client.abandon();
  }
}

test("conversation: every request has the recorded bytes, every reply the recorded meaning", async () => {
  expect(await replay(streamBytes)).toEqual([...golden.results]);
  expect(golden.results.length).toBeGreaterThan(20);
});

test("conversation: means the same wherever the server's bytes are split", async () => {
  const results = JSON.stringify(golden.results);
  for (let cut = 1; cut < streamBytes; cut += 1) {
    const split = JSON.stringify(await replay(cut));
    if (split !== results) throw new Error(`split at byte ${cut}: ${split}`);
  }
  expect(streamBytes).toBeGreaterThan(1000);
}, 60_000);
