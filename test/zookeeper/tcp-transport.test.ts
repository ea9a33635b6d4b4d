import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { TcpTransport } from "../../src/zookeeper/tcp-transport.ts";
import { forever } from "./stage.fixture.ts";

const directory = mkdtempSync(join(tmpdir(), "tcp-transport-"));
const keyFile = join(directory, "key.pem");
const certificateFile = join(directory, "certificate.pem");

beforeAll(() => {
  const options = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=zk.test";
  const name = "-addext subjectAltName=DNS:zk.test";
  const files = `-keyout ${keyFile} -out ${certificateFile}`;
  const command = `openssl req -x509 ${options} ${name} ${files}`;
  const made = Bun.spawnSync(command.split(" "), { stderr: "pipe" });
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Listens on a free port; the caller closes it. */
function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

test("tcp transport: names and addresses resolve", async () => {
  const transport = new TcpTransport();
  expect(await transport.resolve("::1")).toEqual(["::1"]);
  expect(await transport.resolve("localhost")).toContain("127.0.0.1");
  expect(transport.resolve("no-such-host.invalid")).rejects.toThrow();
});

test("tcp transport: bytes go both ways, and the end is told after the last of them", async () => {
  const server = createServer((socket) => socket.on("data", (chunk) => socket.end(chunk)));
  const address = { host: "127.0.0.1", port: await listening(server), serverName: "localhost" };
  const stream = await new TcpTransport().connect(address, forever);
  stream.write(new Uint8Array([1, 2, 3]));
  expect([...((await stream.read()) ?? [])]).toEqual([1, 2, 3]);
  expect(await stream.read()).toBeUndefined();
  expect(stream.closedBecause).toBe("the server closed the connection");
  stream.close();
  stream.write(new Uint8Array([4]));
  expect(await stream.read()).toBeUndefined();
  server.close();
});

test("tcp transport: closing ends a read that waits", async () => {
  const server = createServer(() => undefined);
  const address = { host: "127.0.0.1", port: await listening(server), serverName: "localhost" };
  const stream = await new TcpTransport().connect(address, forever);
  const read = stream.read();
  stream.close();
  expect(await read).toBeUndefined();
  expect(stream.closedBecause).toBe("closed here");
  server.close();
});

test("tcp transport: a refused and an aborted connect reject", async () => {
  const server = createServer();
  const port = await listening(server);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  const address = { host: "127.0.0.1", port, serverName: "localhost" };
  const transport = new TcpTransport();
  expect(transport.connect(address, forever)).rejects.toThrow("ECONNREFUSED");
  const controller = new AbortController();
  const connecting = transport.connect(address, controller.signal);
  controller.abort();
  expect(connecting).rejects.toThrow("given up");
  expect(transport.connect(address, controller.signal)).rejects.toThrow("given up");
});

test("tcp transport: with TLS the certificate must be the server's by name", async () => {
  const [key, cert] = [readFileSync(keyFile), readFileSync(certificateFile)];
  const server = createTlsServer({ key, cert }, (socket) => socket.end("hello"));
  server.on("tlsClientError", () => undefined);
  const port = await listening(server);
  const address = { host: "127.0.0.1", port, serverName: "zk.test" };
  const trusting = new TcpTransport({ ca: cert });
  const stream = await trusting.connect(address, forever);
  expect(Buffer.from((await stream.read()) ?? []).toString()).toBe("hello");
  stream.close();
  const wrongName = trusting.connect({ ...address, serverName: "other.test" }, forever);
  expect(wrongName).rejects.toThrow();
  expect(new TcpTransport({}).connect(address, forever)).rejects.toThrow();
  await Promise.allSettled([wrongName]);
  server.close();
});
