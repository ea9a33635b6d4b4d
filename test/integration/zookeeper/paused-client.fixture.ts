import { ZooKeeperClient } from "../../../src/zookeeper/client.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";

/**
 * A process of its own, so that it can be stopped. It says "connected", and when its session ended
 * says how long after its last beat before the pause, and after the pause, it was told.
 */
const client = new ZooKeeperClient({
  servers: [{ host: "127.0.0.1", port: Number(process.argv[2]) }],
  sessionTimeoutMs: 1_000,
  scheduler: new RealScheduler(),
  transport: new TcpTransport(),
});
const beatMs = 5;
let beatAt = performance.now();
let wokeAt = 0;
const beat = setInterval(() => {
  const now = performance.now();
  if (now - beatAt > 1_000) wokeAt = now;
  beatAt = now;
}, beatMs);
await client.connected(AbortSignal.timeout(10_000));
process.stdout.write("connected\n");
client.ended.addEventListener("abort", () => {
  const now = performance.now();
  // Told before the first beat after the pause: that beat is due within `beatMs`.
  const afterMs = wokeAt === 0 ? 0 : now - wokeAt;
  process.stdout.write(`${JSON.stringify({ kind: client.end?.kind, afterMs })}\n`);
  clearInterval(beat);
});
