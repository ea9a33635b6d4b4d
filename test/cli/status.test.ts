import { afterAll, beforeAll, expect, test } from "bun:test";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { statusText } from "../../src/cli/status/status-text.ts";
import { takesPart } from "../../src/election/transitions.ts";
import { parseStatus } from "../../src/http/received-status.ts";
import { requestStatus } from "../../src/http/replica-request.ts";
import { type Understood, understood } from "./command-line.fixture.ts";

const leading = {
  replica: { replica: "a", host: "h", pid: 7 },
  state: "Leader",
  stateMs: 61_250,
  detail: "won",
  epoch: "4294967301",
  lease: { remainingMs: 4_125, renewalAgeMs: 1 },
  leader: { replica: "a", host: "h" },
  standing: { kind: "in-line", position: 0, size: 3 },
  files: { written: 12, pruned: 2, latest: [] },
};

test("status: tells a person state, epoch, lease, leader and files; a leader waits in no line", () => {
  const status = parseStatus(JSON.stringify(leading));
  expect(status && takesPart(status.state)).toBe(true);
  expect(status && statusText(status)).toBe(
    `a on h, process 7
  state   Leader, for 61.3 s: won
  epoch   4294967301
  lease   4.1 s left
  leader  a
  files   12 written
`,
  );
});

/** What is told of a place in line. */
function waiting(position: number, leader: string): string | undefined {
  const standing = { kind: "in-line", position, size: 3, candidates: ["a", "b", "c"] };
  const fields = { ...leading, state: "Attempter", leader: { replica: leader }, standing };
  const status = parseStatus(JSON.stringify(fields));
  return /line +(.*)/.exec((status && statusText(status)) ?? "")?.[1];
}

test("status: a replica in line is told how many wait before it, the leader apart", () => {
  expect(waiting(1, "a")).toBe("1 of 2 waiting, next to lead");
  expect(waiting(2, "a")).toBe("2 of 2 waiting");
  // It leads out of turn: nobody of the two waits behind it.
  expect(waiting(0, "b")).toBe("1 of 2 waiting, next to lead");
  expect(waiting(0, "unseen")).toBe("1 of 3 waiting, next to lead");
});

test("status: what is not known is left out, and what a terminal would obey is escaped", () => {
  const replica = { replica: "b\u001b[31m", host: "h", pid: 8 };
  const status = parseStatus(JSON.stringify({ replica, state: "Failover", stateMs: 0 }));
  expect(status && takesPart(status.state)).toBe(false);
  expect(status && statusText(status)).toBe(
    "b\\u001b[31m on h, process 8\n  state   Failover, for 0.0 s\n  leader  unknown\n",
  );
});

test.each(["", "null", "[]", "5", '"Leader"', '{"state":"Leader"}', '{"state":"Resting"}', "{"])(
  "status: %j is no answer of a replica",
  (text) => expect(parseStatus(text)).toBeUndefined(),
);

test("status: an answer whose fields have the wrong types is shown as far as it goes", () => {
  const odd = {
    ...leading,
    detail: [],
    epoch: {},
    lease: 5,
    leader: null,
    standing: "x",
    files: [],
  };
  const status = parseStatus(JSON.stringify(odd));
  expect(status && statusText(status)).toBe(
    "a on h, process 7\n  state   Leader, for 61.3 s\n  leader  unknown\n",
  );
});

function parse(...words: readonly string[]): Promise<Understood> {
  return understood(["status", ...words]);
}

test("status: takes the replica's address from its option, and needs nothing else", async () => {
  expect(await parse("--http-address=:8080", "--json")).toEqual({
    kind: "status",
    address: { kind: "tcp", host: "127.0.0.1", port: 8080 },
    json: true,
  });
  expect(await parse()).toMatchObject({
    kind: "usage-error",
    message: expect.stringContaining("--http-address is missing") as string,
  });
  expect(await parse("--http-address=:0")).toMatchObject({ kind: "usage-error" });
  expect(await parse("--zk-path=/x")).toMatchObject({ kind: "usage-error" });
});

let server: Server;
let port: number;
const answers: Readonly<Record<string, () => string>> = {
  good: () => JSON.stringify(leading),
  endless: () => "x".repeat(2 * 1024 * 1024),
};
let answer = "good";

beforeAll(async () => {
  server = createServer((_request, response) => {
    if (answer === "silent") return;
    response.statusCode = answer === "refusing" ? 401 : 200;
    response.end(answers[answer]?.());
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test.each([
  ["good", "answered"],
  ["refusing", "it answers 401, as no replica does"],
  ["endless", "the answer exceeds 1 MiB"],
])("status: from a server that is %s: %s", async (kind, expected) => {
  answer = kind;
  const address = { kind: "tcp", host: "0.0.0.0", port } as const;
  const outcome = await requestStatus(address, new AbortController().signal);
  expect(outcome.kind === "failed" ? outcome.detail : outcome.kind).toBe(expected);
});

test("status: a server that never answers costs no more than the limit", async () => {
  answer = "silent";
  const limit = new AbortController();
  const asking = requestStatus({ kind: "tcp", host: "127.0.0.1", port }, limit.signal);
  limit.abort();
  expect(await asking).toEqual({ kind: "failed", detail: "no answer in time" });
});

test("status: where nobody listens, it says so", async () => {
  const address = { kind: "unix", path: "/nonexistent/election.sock" } as const;
  expect(await requestStatus(address, new AbortController().signal)).toEqual({
    kind: "failed",
    detail: "nobody listens there",
  });
});
