import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { startServer } from "../zookeeper-server.ts";
import type { ZooKeeperServer } from "../zookeeper-server.ts";

let server: ZooKeeperServer;

beforeAll(async () => {
  server = await startServer();
}, 40_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

test.each([
  ["2.5 s", 2_500, true],
  ["2.5 s, and no server to ask", 2_500, false],
])(
  "paused: a process paused for %s is told of the expiry as soon as it runs again (B)",
  async (_, ms, up) => {
    const script = join(import.meta.dir, "paused-client.fixture.ts");
    const child = Bun.spawn([process.execPath, script, String(server.address.port)], {
      stdout: "pipe",
      stderr: "inherit",
    });
    try {
      const lines = linesOf(child.stdout);
      expect((await lines.next()).value).toBe("connected");
      child.kill("SIGSTOP");
      await Bun.sleep(ms);
      if (!up) await server.stop();
      const continuedAt = performance.now();
      child.kill("SIGCONT");
      const told: unknown = JSON.parse((await lines.next()).value ?? "{}");
      const tookMs = performance.now() - continuedAt;
      expect(told).toMatchObject({ kind: "expired" });
      expect(told).toHaveProperty("afterMs");
      // A tenth of a second on a machine of its own; two shared cores and a pipe take their time.
      expect((told as { afterMs: number }).afterMs).toBeLessThan(500);
      expect(tookMs).toBeLessThan(1_000);
    } finally {
      child.kill("SIGKILL");
      if (!up) await server.restart();
    }
  },
  20_000,
);
