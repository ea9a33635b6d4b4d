import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { change, type SteppingDown } from "../../src/http/changes.ts";
import type { Gate } from "../../src/http/gate.ts";
import type { HttpAddress } from "../../src/http/http-address.ts";
import { HttpServer } from "../../src/http/http-server.ts";
import { isSameToken, readToken } from "../../src/http/token-file.ts";
import { leadersProviders } from "../fake/providers.ts";
import { FakeScheduler } from "../fake/scheduler.ts";

let directory = "";
let path = "";
const token = "correct-horse-battery";
beforeAll(() => {
  directory = mkdtempSync("/tmp/election-token-");
  path = `${directory}/token`;
});
afterAll(() => rmSync(directory, { recursive: true }));

function writeToken(text: string, mode = 0o600): void {
  writeFileSync(path, text);
  chmodSync(path, mode);
}

const accepted: SteppingDown = { kind: "accepted", epoch: 2n ** 63n, restMs: 5000 };

interface Asked {
  readonly gate: Gate;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly outcome?: SteppingDown;
}

/** Asks to step down; gives the answer, and what the replica was asked for. */
async function ask({ gate, headers = {}, query = "", outcome = accepted }: Asked) {
  const asked: (string | null)[] = [];
  const request = new Request(`http://replica/step-down${query}`, { method: "POST", headers });
  const answer = await change(request, "/step-down", gate, {
    stepDown: (rest) => {
      asked.push(rest);
      return outcome;
    },
  });
  return { status: answer?.status, body: answer?.body, asked };
}

const authorized = { authorization: `Bearer ${token}` };

test("changes: whoever reaches the socket file may step the replica down", async () => {
  expect(await ask({ gate: { kind: "socket" }, query: "?for=5s" })).toEqual({
    status: 202,
    body: { steppingDown: true, epoch: "9223372036854775808", restMs: 5000 },
    asked: ["5s"],
  });
  expect((await ask({ gate: { kind: "socket" } })).asked).toEqual([null]);
});

test("changes: over TCP they are off without a token file, and the answer says how to allow", async () => {
  const { status, body, asked } = await ask({ gate: { kind: "token", path: undefined } });
  expect([status, asked]).toEqual([403, []]);
  expect(JSON.stringify(body)).toContain("--http-token-file=<path>");
  expect(JSON.stringify(body)).toContain("unix:");
});

test.each([
  ["no token", {}],
  ["another token", { authorization: "Bearer correct-horse-batterx" }],
  ["a part of it", { authorization: `Bearer ${token.slice(0, -1)}` }],
  ["an empty token", { authorization: "Bearer " }],
  ["another scheme", { authorization: `Basic ${token}` }],
])(
  "changes: over TCP %s is refused, and the answer does not show the token",
  async (_, headers) => {
    writeToken(token);
    const { status, body, asked } = await ask({ gate: { kind: "token", path }, headers });
    expect([status, asked]).toEqual([403, []]);
    expect(JSON.stringify(body)).toContain("Authorization: Bearer");
    const isSent = /bearer [^"]/i.test(JSON.stringify(headers));
    expect(body).toMatchObject({ token: isSent ? "wrong" : "missing" });
    expect(JSON.stringify(body)).not.toContain("horse");
  },
);

test("changes: over TCP the file's token is enough, and one that replaced it counts at once", async () => {
  writeToken(`${token}\n`);
  const gate = { kind: "token", path } as const;
  expect((await ask({ gate, headers: authorized })).status).toBe(202);
  expect((await ask({ gate, headers: { authorization: `bearer ${token}` } })).status).toBe(202);
  writeToken("another-token-of-ours");
  expect((await ask({ gate, headers: authorized })).status).toBe(403);
});

test.each([{ origin: "http://evil.example" }, { origin: "null" }, { "sec-fetch-site": "none" }])(
  "changes: a browser is refused whatever it knows: %j",
  async (headers) => {
    writeToken(token);
    const gate = { kind: "token", path } as const;
    expect((await ask({ gate, headers: { ...authorized, ...headers } })).status).toBe(403);
    expect((await ask({ gate: { kind: "socket" }, headers })).status).toBe(403);
  },
);

test("changes: a replica that does not lead says who does, and how long it rests", async () => {
  const outcome = { kind: "not-leading", leader: undefined, restMs: 7 } as const;
  const { status, body } = await ask({ gate: { kind: "socket" }, outcome });
  expect([status, body]).toEqual([
    409,
    { steppingDown: false, error: "this replica does not lead", leader: null, restMs: 7 },
  ]);
});

test("changes: a bad duration and a slip in the parameter are told, and change nothing", async () => {
  const outcome = { kind: "invalid", expected: "a duration" } as const;
  expect(await ask({ gate: { kind: "socket" }, query: "?for=x", outcome })).toMatchObject({
    status: 400,
    body: { error: "for: expected a duration" },
  });
  expect(await ask({ gate: { kind: "socket" }, query: "?four=5s" })).toMatchObject({
    status: 400,
    asked: [],
  });
});

test("token file: its mode and its content are judged", async () => {
  writeToken(token);
  expect(await readToken(path)).toEqual({ kind: "read", token, isExposed: false });
  writeToken(token, 0o640);
  expect(await readToken(path)).toMatchObject({ isExposed: true });
  writeToken("short");
  expect(await readToken(path)).toEqual({
    kind: "failed",
    detail: "it is shorter than 16 characters",
  });
  writeToken("two words that are long");
  expect(await readToken(path)).toMatchObject({ kind: "failed" });
  writeToken("x".repeat(5000));
  expect(await readToken(path)).toEqual({ kind: "failed", detail: "it exceeds 4096 bytes" });
  expect(await readToken(`${path}.none`)).toEqual({ kind: "failed", detail: "it does not exist" });
  expect(await readToken(directory)).toEqual({ kind: "failed", detail: "it is a directory" });
  expect(await readToken("/dev/null")).toEqual({
    kind: "failed",
    detail: "it is not a regular file",
  });
  const gate = { kind: "token", path: `${path}.none` } as const;
  expect((await ask({ gate, headers: authorized })).status).toBe(403);
});

test("token file: tokens of any two lengths are compared", async () => {
  expect(isSameToken("a", "a")).toBe(true);
  expect(isSameToken("a", "ab")).toBe(false);
  expect(isSameToken("", "a")).toBe(false);
});

/** A replica that leads; `tokenPath` is its token file. */
async function serve(address: HttpAddress, tokenPath?: string): Promise<HttpServer> {
  return await HttpServer.open({
    address,
    scheduler: new FakeScheduler(),
    failed: () => undefined,
    tokenPath,
    providers: leadersProviders({ changes: { stepDown: () => accepted } }),
  });
}

test("changes: POST works over a socket, and over TCP only with a token file", async () => {
  const loopback: HttpAddress = { kind: "tcp", host: "127.0.0.1", port: 0 };
  const post = { method: "POST" } as const;
  const unix = `${directory}/e.sock`;
  await using _overSocket = await serve({ kind: "unix", path: unix });
  expect((await fetch("http://localhost/step-down", { ...post, unix })).status).toBe(202);

  await using open = await serve(loopback);
  const refusal = await fetch(`http://${open.address}/step-down`, post);
  expect(refusal.status).toBe(403);
  expect(await refusal.text()).toContain("--http-token-file");
  const read = await fetch(`http://${open.address}/step-down`);
  expect([read.status, read.headers.get("allow")]).toEqual([405, "POST"]);

  writeToken(`${token}\n`);
  await using guarded = await serve(loopback, path);
  const place = `http://${guarded.address}/step-down`;
  expect((await fetch(`${place}?for=1s`, { ...post, headers: authorized })).status).toBe(202);
  expect((await fetch(place, post)).status).toBe(403);
  // A site whose name leads here is turned away before anything else.
  const headers = { ...authorized, Host: "site.example" };
  expect((await fetch(place, { ...post, headers })).status).toBe(421);
});
