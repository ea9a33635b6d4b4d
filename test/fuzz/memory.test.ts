import { expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import { RealScheduler } from "../../src/system/real-scheduler.ts";
import { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import { FrameReader } from "../../src/zookeeper/protocol/frames.ts";
import { TcpTransport } from "../../src/zookeeper/transport/tcp-transport.ts";
import { framed } from "./targets/moves.ts";
import { recording } from "./targets/recorded-server.ts";

const mebibyte = 1024 * 1024;
const receivedFrameBytes = 8 * mebibyte;
/** Real time, because what is measured are real sockets. */
const measuredMs = 500;

test("memory: endless half frames cost one frame each connection, however they arrive", () => {
  const readers = Array.from({ length: 8 }, () => new FrameReader(receivedFrameBytes));
  const before = held();
  const header = new Uint8Array(4);
  new DataView(header.buffer).setInt32(0, receivedFrameBytes);
  let frames = 0;
  for (const reader of readers) {
    reader.push(header);
    const chunk = new Uint8Array(1_000);
    for (let sent = 0; sent < receivedFrameBytes - 1_000; sent += chunk.length) {
      frames += reader.push(chunk).length;
    }
  }
  expect(frames).toBe(0);
  expect(held() - before).toBeLessThan(readers.length * receivedFrameBytes + 4 * mebibyte);
});

test.each([
  ["events", framed(new Uint8Array(16 + 12).fill(255, 0, 12))],
  ["one endless frame after the other", new Uint8Array([0, 127, 255, 255, ...Array(60).fill(0)])],
  ["nothing but the answers to pings", framed(new Uint8Array(16).fill(255, 0, 3).fill(254, 3, 4))],
])(
  "memory: a server that floods the client with %s is bounded",
  async (_, flood) => {
    const sent = { bytes: 0 };
    await using server = await flooding(flood, sent);
    const client = new ZooKeeperClient({
      servers: [{ host: "127.0.0.1", port: server.port }],
      sessionTimeoutMs: 4_000,
      scheduler: new RealScheduler(),
      transport: new TcpTransport(),
    });
    const before = held();
    let most = 0;
    const until = performance.now() + measuredMs;
    while (performance.now() < until) {
      await Bun.sleep(50);
      most = Math.max(most, held() - before);
    }
    client.abandon();
    expect(client.state).toBe("ended");
    expect(sent.bytes).toBeGreaterThan(mebibyte);
    expect(most).toBeLessThan(2 * receivedFrameBytes + 16 * mebibyte);
  },
  20_000,
);

/** What is in use after a collection: objects, and the buffers behind them. */
function held(): number {
  Bun.gc(true);
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Grants a session to everybody, and then says the same over and over, as fast as TCP takes it. */
async function flooding(
  flood: Uint8Array,
  sent: { bytes: number },
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const chunk = Buffer.concat(Array.from({ length: 1_000 }, () => flood));
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    const pour = (): void => {
      while (!socket.destroyed && socket.writableLength < mebibyte) {
        socket.write(chunk);
        sent.bytes += chunk.length;
      }
    };
    socket.once("data", () => {
      socket.write(framed(recording.handshake));
      socket.on("drain", pour);
      pour();
    });
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
