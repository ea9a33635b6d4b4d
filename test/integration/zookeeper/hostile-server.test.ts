import { afterEach, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { ZooKeeperClient } from "../../../src/zookeeper/client.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import { frame, replyFrame } from "../../fake/zookeeper-transport.ts";

const limitMs = 20_000;
const stack: Server[] = [];

afterEach(() => {
  for (const server of stack.splice(0)) server.close();
});

/** A server on a real socket that does with a connection's frames what the test says. */
async function serve(
  answer: (socket: Socket, frames: number, payload: Buffer) => void,
): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let frames = 0;
    let rest: Buffer = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const payload = rest.subarray(4, 4 + rest.readInt32BE(0));
        rest = rest.subarray(4 + payload.length);
        answer(socket, frames, payload);
        frames += 1;
      }
    });
  });
  server.on("close", () => {
    for (const socket of sockets) socket.destroy();
  });
  stack.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function grant(socket: Socket): void {
  socket.write(
    frame((writer) =>
      writer.int(0).int(3000).long(77n).buffer(new Uint8Array(16).fill(1)).boolean(false),
    ),
  );
}

function clientOf(port: number): ZooKeeperClient {
  return new ZooKeeperClient({
    servers: [{ host: "127.0.0.1", port }],
    sessionTimeoutMs: 3000,
    scheduler: new RealScheduler(),
    transport: new TcpTransport(),
  });
}

test(
  "hostile server: one that accepts and never answers does not hang a caller (E)",
  async () => {
    const port = await serve(() => undefined);
    const client = clientOf(port);
    expect(await client.connected(AbortSignal.timeout(1500))).toBe(false);
    const request = client.exists("/a", { signal: AbortSignal.timeout(200) });
    expect(await request.catch((error: { code: string }) => error.code)).toBe("aborted");
    client.abandon();
  },
  limitMs,
);

test(
  "hostile server: one that cuts inside a frame leaves the outcome unknown (F)",
  async () => {
    const port = await serve((socket, frames, payload) => {
      if (frames === 0) return grant(socket);
      socket.write(replyFrame(payload.readInt32BE(0), {}).slice(0, 9));
      socket.end();
    });
    const client = clientOf(port);
    const error = await client.setData("/a", new Uint8Array()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "connection-loss", outcome: "unknown" });
    client.abandon();
  },
  limitMs,
);

test(
  "hostile server: an unknown error code is a generic error, and the session lives (J)",
  async () => {
    const port = await serve((socket, frames, payload) => {
      if (frames === 0) return grant(socket);
      socket.write(replyFrame(payload.readInt32BE(0), { error: -4242 }));
    });
    const client = clientOf(port);
    for (let round = 0; round < 2; round += 1) {
      const error = await client.delete("/a").catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "unknown-code", wireCode: -4242 });
    }
    expect(client.state).toBe("connected");
    client.abandon();
  },
  limitMs,
);
