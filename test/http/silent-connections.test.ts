import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { mostStreams } from "../../src/http/event-streams.ts";
import { HttpServer } from "../../src/http/http-server.ts";
import { RealScheduler } from "../../src/system/real-scheduler.ts";
import { fakeProviders } from "../fake/providers.ts";

/** The server's limit is 10 s, and Bun looks every few seconds. */
const limitMs = 30_000;

/** Asks for events; resolves with the connection and the status, once that is there. */
async function askForEvents(server: HttpServer): Promise<{ socket: Socket; status: string }> {
  const socket = connect(Number(server.address.split(":")[1]), "127.0.0.1");
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.once("data", (bytes: Buffer) => resolve(bytes.toString("latin1", 9, 12)));
  socket.write("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  return { socket, status: await promise };
}

test(
  "http: a silent connection stays for a stream of events, and not for one that was refused",
  async () => {
    await using server = await HttpServer.open({
      address: { kind: "tcp", host: "127.0.0.1", port: 0 },
      scheduler: new RealScheduler(),
      failed: () => undefined,
      providers: fakeProviders(),
    });
    const streams: Socket[] = [];
    for (let count = 0; count < mostStreams; count += 1) {
      const { socket, status } = await askForEvents(server);
      expect(status).toBe("200");
      streams.push(socket);
    }
    const { socket, status } = await askForEvents(server);
    expect(status).toBe("503");
    // Without a limit it would stay as long as its peer likes, and cost a descriptor each.
    await new Promise((resolve) => socket.once("close", resolve));
    expect(streams.some(({ closed }) => closed)).toBe(false);
    for (const stream of streams) stream.destroy();
  },
  limitMs,
);
