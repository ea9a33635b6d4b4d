import { afterEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { ReplicaId, ReplicaInfo } from "../../src/election/ports/coordinator.ts";
import { mostStreams } from "../../src/http/event-streams.ts";
import type { HttpAddress } from "../../src/http/http-address.ts";
import { HttpServer } from "../../src/http/http-server.ts";
import type { Providers } from "../../src/http/providers.ts";
import { fakeProviders } from "../fake/providers.ts";
import { FakeScheduler } from "../fake/scheduler.ts";

const info: ReplicaInfo = {
  replica: "other" as ReplicaId,
  host: "host",
  pid: 1,
  httpAddress: null,
  since: "2026-01-01T00:00:00.000Z",
};
const loopback: HttpAddress = { kind: "tcp", host: "127.0.0.1", port: 0 };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function open(overrides: Partial<Providers> = {}, address = loopback) {
  const faults: unknown[] = [];
  const scheduler = new FakeScheduler();
  const server = await HttpServer.open({
    address,
    scheduler,
    failed: (error) => faults.push(error),
    providers: fakeProviders({
      leader: () => info,
      status: () => ({ some: "thing" }),
      metrics: () => Promise.resolve("up 1\n"),
      metricsType: "text/plain; version=0.0.4; charset=utf-8",
      changes: { stepDown: failing },
      ...overrides,
    }),
  });
  cleanups.push(() => server[Symbol.asyncDispose]());
  return { server, scheduler, faults, base: `http://${server.address}` };
}

async function directory(): Promise<string> {
  const path = await mkdtemp("/tmp/election-http-");
  cleanups.push(() => rm(path, { recursive: true }));
  return path;
}

async function code(opening: Promise<unknown>): Promise<string> {
  try {
    await opening;
    return "opened";
  } catch (error) {
    return error instanceof Error ? error.message : "?";
  }
}

function failing(): never {
  throw new Error("the password is hunter2");
}

test("http: livez answers 200, with headers that forbid keeping and guessing", async () => {
  const { base } = await open();
  const response = await fetch(`${base}/livez`);
  expect([response.status, await response.text()]).toEqual([200, '{"live":true}\n']);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
});

test.each([
  ["Init", 503],
  ["Attempter", 200],
  ["Leader", 200],
  ["Failover", 503],
  ["Stopping", 503],
] as const)("http: readyz answers in state %s with %d", async (state, status) => {
  const { base } = await open({ state: () => state });
  const response = await fetch(`${base}/readyz`);
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({ ready: status === 200, state });
});

test("http: leader answers by what holds at the moment of the request", async () => {
  let leads = false;
  const { base } = await open({ isLeader: () => leads, epoch: () => 2n ** 63n });
  const follower = await fetch(`${base}/leader`);
  expect(follower.status).toBe(503);
  expect(await follower.json()).toEqual({
    isLeader: false,
    state: "Attempter",
    epoch: null,
    leader: info,
  });
  leads = true;
  const leader = await fetch(`${base}/leader`);
  expect(leader.status).toBe(200);
  expect(await leader.json()).toMatchObject({ epoch: "9223372036854775808" });
});

test("http: status, metrics and the index are told in their types", async () => {
  const { base } = await open();
  const told = async (path: string): Promise<readonly (string | null)[]> => {
    const response = await fetch(`${base}${path}`);
    return [response.headers.get("content-type"), (await response.text()).slice(0, 17)];
  };
  expect(await told("/status")).toEqual(["application/json; charset=utf-8", '{"some":"thing"}\n']);
  expect(await told("/metrics")).toEqual(["text/plain; version=0.0.4; charset=utf-8", "up 1\n"]);
  expect(await told("/")).toEqual(["text/plain; charset=utf-8", "election\n\n/livez "]);
});

test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("http: %s is refused", async (method) => {
  const { base } = await open();
  const response = await fetch(`${base}/leader`, { method });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test("http: HEAD is GET without the body", async () => {
  const { base } = await open();
  const response = await fetch(`${base}/leader`, { method: "HEAD" });
  expect([response.status, await response.text()]).toEqual([503, ""]);
});

test.each(["/x", "/livez/", "/LIVEZ", "/%6civez", "/livez/x"])("http: %s is 404", async (path) => {
  const { base } = await open();
  const response = await fetch(base + path);
  expect([response.status, await response.text()]).toEqual([404, '{"error":"not found"}\n']);
});

test.each([
  ["HTTP/1.0 without a host, as health checks speak it", "GET /livez HTTP/1.0\r\n\r\n"],
  ["an empty host", "GET /livez HTTP/1.1\r\nHost:\r\n\r\n"],
  ["a host that is none", "GET /livez?a/b HTTP/1.1\r\nHost: [\r\n\r\n"],
  ["a host with a space", "GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n"],
  ["a host that looks like a path", "GET /livez HTTP/1.1\r\nHost: a/leader?\r\n\r\n"],
  ["a port that is none", "GET /livez?q HTTP/1.1\r\nHost: x:99999\r\n\r\n"],
])("http: answers a request with %s", async (_, request) => {
  const { server, faults } = await open();
  const answer = await exchange(server.address, request);
  expect(answer).toStartWith("HTTP/1.1 200 OK\r\n");
  expect(answer).toEndWith('{"live":true}\n');
  expect(faults).toEqual([]);
});

test.each([
  ["evil.example", 421],
  ["evil.example:8080", 421],
  ["EVIL.example.", 421],
  ["127.0.0.1.evil.example", 421],
  ["localhost.evil.example", 421],
  ["127.0.0.1", 200],
  ["127.0.0.1:8080", 200],
  ["[::1]:8080", 200],
  ["localhost", 200],
  ["localhost:8080", 200],
  ["my.localhost:8080", 200],
  ["election-1:8080", 200],
] as const)("http: on loopback the host %s is answered with %d", async (host, status) => {
  const { server } = await open();
  for (const path of ["/status", "/none"]) {
    const answer = await exchange(server.address, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const expected = status === 200 && path === "/none" ? 404 : status;
    expect(answer).toStartWith(`HTTP/1.1 ${expected} `);
    if (status !== 200) expect(answer).not.toContain("thing");
  }
});

test("http: where others ask as well, any host is answered", async () => {
  const { server } = await open({}, { kind: "tcp", host: "0.0.0.0", port: 0 });
  const request = "GET /livez HTTP/1.1\r\nHost: election.example\r\n\r\n";
  expect(await exchange(server.address, request)).toStartWith("HTTP/1.1 200 ");
});

test("http: whatever is asked and answered, no other site may read it", async () => {
  const { base } = await open({ status: failing });
  const asked = [
    ["GET", "/leader"],
    ["GET", "/status"],
    ["GET", "/none"],
    ["OPTIONS", "/status"],
    ["POST", "/status"],
  ] as const;
  for (const [method, path] of asked) {
    const headers = { Origin: "https://evil.example", "Access-Control-Request-Method": "GET" };
    const answer = await fetch(base + path, { method, headers });
    const names = [...answer.headers.keys()].filter((name) => name.startsWith("access-control"));
    expect(names).toEqual([]);
  }
});

test("http: a header without an end is refused", async () => {
  const { server } = await open();
  const request = `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(20_000)}\r\n\r\n`;
  expect(await exchange(server.address, request)).toStartWith("HTTP/1.1 431 ");
});

/** What the server answers to bytes, up to the end of its JSON. */
function exchange(address: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const [host = "", port = ""] = address.split(":");
    const socket = connect(Number(port), host, () => socket.write(request));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString();
      if (answer.endsWith("}\n")) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

test("http: the error of a provider is told to us, and not to the world", async () => {
  const { base, faults } = await open({ status: failing, metrics: failing });
  for (const path of ["/status", "/metrics"]) {
    const response = await fetch(base + path);
    expect([response.status, await response.text()]).toEqual([500, '{"error":"internal error"}\n']);
  }
  expect(faults.map(String)).toEqual(Array(2).fill("Error: the password is hunter2"));
});

test("http: a body is refused", async () => {
  const { base } = await open();
  const response = await fetch(`${base}/livez`, { method: "POST", body: "x".repeat(2000) });
  expect(response.status).toBe(413);
});

test("http: a taken port is an error with option, value and cure", async () => {
  const { server } = await open();
  const port = Number(server.address.split(":")[1]);
  expect(await code(open({}, { kind: "tcp", host: "127.0.0.1", port }))).toBe(
    `--http-address "127.0.0.1:${port}": another process listens there; ` +
      "name another address or stop it",
  );
});

test("http: an address of another machine is an error too", async () => {
  expect(await code(open({}, { kind: "tcp", host: "192.0.2.1", port: 1 }))).toBe(
    '--http-address "192.0.2.1:1": it cannot be opened (EADDRNOTAVAIL); ' +
      "name an address of this machine",
  );
});

test("http: IPv6 works", async () => {
  const { base } = await open({}, { kind: "tcp", host: "::1", port: 0 });
  expect(base).toStartWith("http://[::1]:");
  expect((await fetch(`${base}/livez`)).status).toBe(200);
});

test("http: a socket answers, and is gone after the end", async () => {
  const unix = `${await directory()}/e.sock`;
  const { server } = await open({}, { kind: "unix", path: unix });
  expect(server.address).toBe(`unix:${unix}`);
  expect((await fetch("http://localhost/livez", { unix })).status).toBe(200);
  await server[Symbol.asyncDispose]();
  expect(existsSync(unix)).toBe(false);
});

test("http: a socket whose process was killed is replaced", async () => {
  const unix = `${await directory()}/e.sock`;
  const script = `require("net").createServer().listen(process.argv[1], () => {
    process.kill(process.pid, "SIGKILL");
  });`;
  await Bun.spawn([process.execPath, "-e", script, unix]).exited;
  expect(existsSync(unix)).toBe(true);
  await open({}, { kind: "unix", path: unix });
  expect((await fetch("http://localhost/livez", { unix })).status).toBe(200);
});

test("http: a socket in use, a file and a missing directory are errors", async () => {
  const folder = await directory();
  const path = `${folder}/e.sock`;
  const living = createServer();
  await new Promise<void>((resolve) => living.listen(path, resolve));
  cleanups.push(() => new Promise((resolve) => living.close(resolve)));
  const refusal = `--http-address "unix:${path}": another process listens there`;
  expect(await code(open({}, { kind: "unix", path }))).toStartWith(refusal);

  await Bun.write(`${folder}/file`, "precious");
  expect(await code(open({}, { kind: "unix", path: `${folder}/file` }))).toContain("not a socket");
  expect(await Bun.file(`${folder}/file`).text()).toBe("precious");
  const lost = `${folder}/none/x`;
  const why = `the directory ${folder}/none does not exist; make it or name another path`;
  expect(await code(open({}, { kind: "unix", path: lost }))).toBe(
    `--http-address "unix:${lost}": ${why}`,
  );
  const below = `${folder}/file/x`;
  expect(await code(open({}, { kind: "unix", path: below }))).toContain("/file is not a directory");
});

test("http: closing waits for a request under way, twice as well", async () => {
  const gate = Promise.withResolvers<string>();
  const asked = Promise.withResolvers<void>();
  const metrics = (): Promise<string> => {
    asked.resolve();
    return gate.promise;
  };
  const { base, server, scheduler } = await open({ metrics });
  const answer = fetch(`${base}/metrics`);
  await asked.promise;
  const closing = Promise.all([server[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
  gate.resolve("late 1\n");
  expect(await (await answer).text()).toBe("late 1\n");
  await closing;
  expect(scheduler.sleeping).toBe(0);
});

test("http: closing cuts off a request that does not end within 500 ms", async () => {
  const asked = Promise.withResolvers<void>();
  const metrics = (): Promise<string> => {
    asked.resolve();
    return new Promise(() => undefined);
  };
  const { base, server, scheduler } = await open({ metrics });
  const answer = code(fetch(`${base}/metrics`));
  await asked.promise;
  const closing = server[Symbol.asyncDispose]();
  await scheduler.advance(500);
  await closing;
  expect(await answer).not.toBe("opened");
});

test("http: a connection on which nothing was asked does not delay the closing", async () => {
  const { server } = await open();
  const port = Number(server.address.split(":")[1]);
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  await server[Symbol.asyncDispose]();
  socket.destroy();
});

test("http: a browser gets the page, with a policy, and everybody else the list", async () => {
  const { base } = await open();
  const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  const page = await fetch(base, { headers: { accept } });
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toStartWith("default-src 'none'; ");
  expect(page.headers.get("x-content-type-options")).toBe("nosniff");
  const html = await page.text();
  for (const [, name] of html.matchAll(/(?:href|src)="([a-z.]+)"/g)) {
    expect((await fetch(`${base}/${name}`)).status).toBeOneOf([200, 503]);
  }
  const types = ["page.css", "page.js", "icon.svg"].map(async (name) => {
    return (await fetch(`${base}/${name}`)).headers.get("content-type");
  });
  expect(await Promise.all(types)).toEqual([
    "text/css; charset=utf-8",
    "text/javascript; charset=utf-8",
    "image/svg+xml",
  ]);
  for (const other of ["*/*", "text/plain"]) {
    const list = await fetch(base, { headers: { accept: other } });
    expect(list.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  }
});

test("http: events are the status, live, and end when the server does", async () => {
  const { base, server, scheduler } = await open();
  const response = await fetch(`${base}/events`);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const status: unknown = await (await fetch(`${base}/status`)).json();
  const closing = Promise.withResolvers<void>();
  const reader = response.body?.getReader();
  const first = new TextDecoder().decode((await reader?.read())?.value);
  const data = /^data: (.*)$/m.exec(first)?.[1] ?? "";
  expect(JSON.parse(data)).toEqual(status);
  void server[Symbol.asyncDispose]().then(closing.resolve);
  expect((await reader?.read())?.done).toBe(true);
  await closing.promise;
  expect(scheduler.sleeping).toBe(0);
});

test("http: HEAD of the events opens none, and one stream too many is 503", async () => {
  let listeners = 0;
  const listen = (): Disposable => {
    listeners += 1;
    return { [Symbol.dispose]: () => undefined };
  };
  const { base } = await open({ listen });
  const head = await fetch(`${base}/events`, { method: "HEAD" });
  expect([head.status, await head.text(), listeners]).toEqual([200, "", 0]);
  const streams = Array.from({ length: mostStreams }, () => fetch(`${base}/events`));
  expect((await Promise.all(streams)).map(({ status }) => status)).toEqual(
    Array(mostStreams).fill(200),
  );
  const refused = await fetch(`${base}/events`);
  expect([refused.status, await refused.json()]).toEqual([
    503,
    { error: "too many streams are open" },
  ]);
});
