import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Server } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import type { TlsOptions } from "node:tls";
import { createServer as createTlsServer } from "node:tls";
import { TcpTransport, type TlsSettings } from "../../src/zookeeper/transport/tcp-transport.ts";
import { tlsProblem } from "../../src/zookeeper/transport/tls-problem.ts";
import type { SocketAddress } from "../../src/zookeeper/transport/transport.ts";
import { Authority, type Certificate } from "../authority.ts";
import { temporaryDirectory } from "../integration/replica.ts";
import { forever } from "./stage.fixture.ts";

const directory = temporaryDirectory();
let authority: Authority;
let certificate: Certificate;

beforeAll(() => {
  authority = new Authority(directory.path, "authority");
  certificate = authority.certificate("zk.test");
});

afterAll(() => directory[Symbol.dispose]());

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

/** What a server and a client of TLS show each other. */
function material({ cert, key }: Certificate) {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

/** A server that says hello to whoever shows a certificate of the authority. */
async function greeter(options: TlsOptions = {}) {
  const ca = readFileSync(authority.file);
  const server = createTlsServer(
    { ...material(certificate), ca, requestCert: true, rejectUnauthorized: true, ...options },
    (socket) => socket.end("hello"),
  );
  server.on("tlsClientError", () => undefined);
  const address = { host: "127.0.0.1", port: await listening(server), serverName: "zk.test" };
  return { address, ca, [Symbol.dispose]: () => void server.close() };
}

test("tcp transport: with TLS both sides show who they are", async () => {
  using server = await greeter();
  const own = material(authority.certificate("client"));
  const transport = new TcpTransport(() => ({ ca: server.ca, ...own }));
  const stream = await transport.connect(server.address, forever);
  expect(Buffer.from((await stream.read()) ?? []).toString()).toBe("hello");
  stream.close();
});

test("tcp transport: a server of another name or authority is told from a good one", async () => {
  using server = await greeter({ requestCert: false });
  const { address, ca } = server;
  const trusting = new TcpTransport(() => ({ ca }));
  const misnamed = trusting.connect({ ...address, serverName: "other.test" }, forever);
  expect(misnamed).rejects.toThrow(
    "the server's certificate is for another host: Host: other.test. is not in the cert's altnames",
  );
  const byAddress = trusting.connect({ ...address, serverName: "127.0.0.1" }, forever);
  expect(byAddress).rejects.toThrow("the server's certificate is for another host");
  const stranger = readFileSync(new Authority(directory.path, "stranger").file);
  const distrusting = new TcpTransport(() => ({ ca: stranger }));
  const refused = distrusting.connect(address, forever);
  expect(refused).rejects.toThrow("is not signed by an authority of ca");
  await Promise.allSettled([misnamed, byAddress, refused]);
});

test("tcp transport: an expired server is refused as such", async () => {
  using server = await greeter(material(authority.certificate("zk.test", { days: -1 })));
  const transport = new TcpTransport(() => ({ ca: server.ca }));
  const connecting = transport.connect(server.address, forever);
  expect(connecting).rejects.toThrow("the server's certificate, or its authority's, has expired");
  await Promise.allSettled([connecting]);
});

test.each(["TLSv1.2", "TLSv1.3"] as const)(
  "tcp transport: a server that demands a certificate of us by %s says so",
  async (version) => {
    using server = await greeter({ minVersion: version, maxVersion: version });
    const { address, ca } = server;
    expect(await outcome(new TcpTransport(() => ({ ca })), address)).toContain(
      "demands a client certificate; give cert and key",
    );
  },
);

test("tcp transport: versions of TLS before 1.2 are not spoken", async () => {
  using server = await greeter({ requestCert: false, minVersion: "TLSv1", maxVersion: "TLSv1.1" });
  const transport = new TcpTransport(() => ({ ca: server.ca }));
  expect(await outcome(transport, server.address)).toStartWith("TlsError: ");
});

/** "welcome", or why not, at once or only when it is used: with TLS 1.3 we are ready first. */
async function outcome(transport: TcpTransport, address: SocketAddress): Promise<string> {
  try {
    const stream = await transport.connect(address, forever);
    const greeting = await stream.read();
    stream.close();
    return greeting === undefined ? stream.closedBecause : "welcome";
  } catch (error) {
    return String(error);
  }
}

test("tcp transport: a server that speaks no TLS is told from one that distrusts us", async () => {
  const transport = new TcpTransport(() => ({ ca: readFileSync(authority.file) }));
  const answers = ["HTTP/1.0 400 Bad Request\r\n\r\n", ""];
  const problems = [
    "does not speak TLS on this port",
    "closed the connection during the TLS handshake",
  ];
  for (const [index, answer] of answers.entries()) {
    const server = createServer((socket) => void socket.end(answer));
    server.on("error", () => undefined);
    const address = { host: "127.0.0.1", port: await listening(server), serverName: "zk.test" };
    expect(await outcome(transport, address)).toContain(problems[index] ?? "?");
    server.close();
  }
});

test("tcp transport: a server that does not accept our certificate is told what it says", () => {
  const code = "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN";
  const alert = Object.assign(new Error("error:10000416"), { code });
  const names = { servers: "--s", ca: "--ca", cert: "--cert", key: "--key" };
  const ownCertificate = "CN=us, valid for ever";
  expect(tlsProblem(alert, { ownCertificate, during: "use", names }).message).toBe(
    "the server refuses us (CERTIFICATE_UNKNOWN): it does not accept our client certificate " +
      "(CN=us, valid for ever) of --cert",
  );
  const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  expect(tlsProblem(reset, { ownCertificate: undefined, during: "use", names })).toBe(reset);
});

test("tcp transport: the files are asked for anew each time, and what they lack is told", async () => {
  using server = await greeter();
  const good = { ca: server.ca, ...material(authority.certificate("rotating")) };
  const given: (() => TlsSettings)[] = [
    () => good,
    () => {
      throw new Error('--zk-tls-key "k": expected a key');
    },
    () => ({ ...good, key: "rubbish" }),
    () => good,
  ];
  const transport = new TcpTransport(() => given.shift()?.() ?? good);
  const outcomes: string[] = [];
  while (given.length > 0) outcomes.push(await outcome(transport, server.address));
  expect(outcomes).toEqual([
    "welcome",
    'Error: --zk-tls-key "k": expected a key',
    expect.stringContaining("rror"),
    "welcome",
  ]);
});

test("tcp transport: giving up ends a TLS handshake that hangs", async () => {
  const heard = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.once("data", () => heard.resolve());
    socket.on("close", () => ended.resolve());
    socket.on("error", () => undefined);
  });
  const address = { host: "127.0.0.1", port: await listening(server), serverName: "zk.test" };
  const controller = new AbortController();
  const transport = new TcpTransport(() => ({ ca: readFileSync(authority.file) }));
  const connecting = transport.connect(address, controller.signal);
  await heard.promise;
  controller.abort();
  expect(connecting).rejects.toThrow("given up");
  await ended.promise;
  server.close();
});

test("tcp transport: no variable of the environment makes a stranger trusted", async () => {
  using server = await greeter({ requestCert: false });
  const stranger = new Authority(directory.path, "unrelated").file;
  const script = `
    const { TcpTransport } = await import(process.argv[1]);
    const ca = await Bun.file(process.argv[2]).text();
    const address = { host: "127.0.0.1", port: Number(process.argv[3]), serverName: "zk.test" };
    const never = new AbortController().signal;
    await new TcpTransport(() => ({ ca })).connect(address, never).then(
      () => console.log("trusted"),
      (error) => console.log(error.name),
    );
    process.exit(0);`;
  const source = join(import.meta.dir, "../../src/zookeeper/transport/tcp-transport.ts");
  const port = String(server.address.port);
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_EXTRA_CA_CERTS: authority.file };
  const run = (ca: string) =>
    Bun.spawn([process.execPath, "-e", script, source, ca, port], { env, stderr: "ignore" });
  expect(await run(authority.file).stdout.text()).toBe("trusted\n");
  expect(await run(stranger).stdout.text()).toBe("TlsError\n");
});
