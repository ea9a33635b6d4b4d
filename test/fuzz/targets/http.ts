import * as fc from "fast-check";
import { connect } from "node:net";
import { leadershipsOf } from "../../../src/cli/history/leaderships.ts";
import { statusText } from "../../../src/cli/status/status-text.ts";
import { stateNames } from "../../../src/election/transitions.ts";
import { HttpServer } from "../../../src/http/http-server.ts";
import { parseStatus } from "../../../src/http/received-status.ts";
import { respond } from "../../../src/http/respond.ts";
import { fakeProviders } from "../../fake/providers.ts";
import { FakeScheduler } from "../../fake/scheduler.ts";
import { anyText, isObeyed, textOf } from "../hostile-texts.ts";
import { asyncTarget, hold, same, syncTarget, type Target } from "../target.ts";

const providers = fakeProviders({
  metrics: () => Promise.resolve("up 1\n"),
  changes: { stepDown: () => ({ kind: "accepted", epoch: 1n, restMs: 1 }) },
});
const statuses: readonly number[] = [200, 202, 400, 404, 405, 503];

const anyTarget = textOf(
  "/",
  "livez",
  "/leader",
  "/step-down",
  "for=1s",
  "?",
  "#",
  "//",
  "..",
  "http://",
  "[",
  "*",
  "@",
);
const anyHost = textOf("a", ":80", "[", "]", "/", "?", "%zz", "@", " ");

/** A request as a stranger may send it: nearly right, or nothing like one. */
const anyRequest = fc.oneof(
  fc
    .record({
      method: fc.constantFrom("GET", "HEAD", "POST", "get", "OPTIONS", "FOO", "CONNECT", ""),
      target: anyTarget,
      version: fc.constantFrom("HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9", ""),
      headers: fc.array(
        fc.oneof(
          anyHost.map((host) => `Host: ${host}`),
          fc.constantFrom(
            "Content-Length: 5",
            "Content-Length: -1",
            "Content-Length: 99999999999999999999",
            "Transfer-Encoding: chunked",
            "Connection: close",
            "Upgrade: websocket",
            `X: ${"x".repeat(70_000)}`,
          ),
          anyText,
        ),
        { maxLength: 3 },
      ),
      end: fc.constantFrom("\r\n\r\n", "\r\n\r\n", "\r\n\r\nhello", "\n\n", "\r\n", ""),
    })
    .map(
      ({ method, target, version, headers, end }) =>
        [`${method} ${target} ${version}`, ...headers].join("\r\n") + end,
    ),
  textOf("GET / HTTP/1.1\r\n", "Host: a\r\n", "\r\n", "ffffffff\r\n", "\u0016\u0003\u0001"),
);

/** An answer with the fields of a status, and anything at all in most of them. */
const anyStatus = fc
  .record(
    {
      state: fc.constantFrom(...stateNames),
      replica: fc.record({ replica: anyText, host: fc.jsonValue(), pid: fc.jsonValue() }),
      ...Object.fromEntries(
        ["stateMs", "detail", "epoch", "lease", "resting", "files"].map((field) => [
          field,
          fc.jsonValue(),
        ]),
      ),
      leader: fc.oneof(fc.jsonValue(), fc.record({ replica: fc.jsonValue() })),
      standing: fc.oneof(
        fc.jsonValue(),
        fc.record({ kind: fc.constantFrom("in-line", "member"), position: fc.jsonValue() }),
      ),
      transitions: fc.oneof(fc.jsonValue(), fc.array(fc.record({ to: fc.constant("Leader") }))),
      leaderships: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())),
    },
    { requiredKeys: ["state"] },
  )
  .map((status) => JSON.stringify(status));

/** The HTTP endpoints: their answers, and a real server on a socket. */
export const httpTargets: readonly Target[] = [
  asyncTarget(
    "http requests",
    20,
    fc.record({
      url: fc.tuple(fc.constantFrom("", "http://", "http://a", "http://["), anyTarget),
      method: fc.constantFrom("GET", "HEAD", "POST", "FOO"),
    }),
    async ({ url, method }) => {
      // What Bun hands over has these fields, and a URL that may be none.
      const request = { url: url.join(""), method, headers: new Headers() } as Request;
      const response = await respond(request, providers, {
        gate: { kind: "socket" },
        openEvents: () => undefined,
      });
      hold(statuses.includes(response.status), `status ${response.status}`);
    },
  ),
  syncTarget("status answers", 20, anyStatus, checkStatus),
  asyncTarget("http connections", 1, fc.array(anyRequest, { maxLength: 3 }), checkConnection),
];

/** A status of some version of some program is read, told and listed, in lines that obey nobody. */
function checkStatus(text: string): void {
  const status = parseStatus(text);
  if (status === undefined) return;
  hold(!isObeyed(statusText(status)), "the status obeys");
  leadershipsOf(status);
}

/** How long a stranger waits for an answer that need not come. */
const waitMs = 3;

/** After whatever was sent, the next one who asks is answered, and nothing counts as our fault. */
async function checkConnection(requests: readonly string[]): Promise<void> {
  const faults: unknown[] = [];
  await using server = await HttpServer.open({
    address: { kind: "tcp", host: "127.0.0.1", port: 0 },
    providers,
    scheduler: new FakeScheduler(),
    failed: (error) => faults.push(error),
  });
  const port = Number(server.address.split(":")[1]);
  for (const request of requests) {
    const answer = await exchange(port, request);
    hold(!answer.includes("steppingDown"), `changed something: ${answer}`);
    hold(answer === "" || /^HTTP\/1\.1 [2345]\d\d /.test(answer), `answered ${answer}`);
  }
  const response = await fetch(`http://127.0.0.1:${port}/livez`, { keepalive: false });
  same(await response.text(), '{"live":true}\n', "the next one is answered");
  same(faults, [], "faults");
}

function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(request);
      setTimeout(() => socket.destroy(), waitMs);
    });
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(answer));
  });
}
