import { expect, test } from "bun:test";
import { routeTo } from "../../src/cli/replica-addresses.ts";
import { parseStatus } from "../../src/http/received-status.ts";
import { surveyCode, type SurveyedReplica, surveyText } from "../../src/cli/status/survey-text.ts";
import type { ReplicaId, ReplicaInfo } from "../../src/election/ports/coordinator.ts";
import { refusalOf, type Understood, understood } from "./command-line.fixture.ts";

const variables = { ELECTION_ZK_SERVERS: "zk1", ELECTION_HTTP_ADDRESS: "0.0.0.0:8080" };

function parse(...words: readonly string[]): Promise<Understood> {
  return understood(["status", ...words], { variables });
}

test("status: one address is a question to one replica, several are a survey", async () => {
  expect(await parse("a:1")).toMatchObject({ kind: "status", address: { host: "a", port: 1 } });
  expect(await parse("a:1", "unix:/x,y", "--json")).toEqual({
    kind: "survey",
    json: true,
    subject: {
      kind: "addresses",
      addresses: [
        { kind: "tcp", host: "a", port: 1 },
        { kind: "unix", path: "/x,y" },
      ],
    },
  });
});

test("status: the servers of the environment are asked with --all only", async () => {
  expect(await parse()).toMatchObject({ kind: "status", address: { host: "0.0.0.0" } });
  const all = await parse("--all");
  expect(all).toMatchObject({ kind: "survey", subject: { kind: "service", hostName: "host" } });
  expect(await parse("--zk-servers=zk2")).toMatchObject({
    subject: { service: { zkServers: { servers: [{ host: "zk2" }] }, zkPath: "/election" } },
  });
});

test.each([
  [["a:1", "--all"], "expected either addresses or --all"],
  [["a:1", "--http-address=:2"], "expected either it or addresses"],
  [["--zk-path=/x"], "--zk-path: expected it with --all only"],
  [["a:x"], '"a:x": expected host:port'],
  [["a:0"], "expected the port that the replica took"],
])("status: %j is refused", async (words, expected) => {
  expect(await refusalOf(["status", ...words], { variables })).toContain(expected);
});

const info: ReplicaInfo = {
  replica: "a" as ReplicaId,
  host: "there",
  pid: 1,
  httpAddress: "0.0.0.0:8080",
  since: "",
};

test.each([
  ["0.0.0.0:8080", { kind: "route", address: { kind: "tcp", host: "there", port: 8080 } }],
  ["10.0.0.1:8080", { kind: "route", address: { kind: "tcp", host: "10.0.0.1", port: 8080 } }],
  ["127.0.0.1:8080", { kind: "none", why: expect.stringContaining("own host only") as string }],
  ["unix:/x", { kind: "none", why: expect.stringContaining("own host only") as string }],
  [null, { kind: "none", why: "it has no --http-address" }],
  ["\u001b", { kind: "none", why: "its address makes no sense" }],
] as const)("status: the way to a replica of another host that says %j", (httpAddress, route) => {
  expect(routeTo({ ...info, httpAddress }, "here")).toEqual(route as never);
});

test("status: on its own host a replica is asked where it says", () => {
  expect(routeTo({ ...info, httpAddress: "unix:/x" }, "there")).toMatchObject({ kind: "route" });
});

function surveyed(state: string, more: Partial<SurveyedReplica> = {}): SurveyedReplica {
  const replica = { replica: "a", host: "h", pid: 7 };
  const status = parseStatus(
    JSON.stringify({
      replica,
      state,
      stateMs: 1500,
      detail: "so\u001b",
      standing: { kind: "in-line", position: 0 },
    }),
  );
  const unknown = { info: undefined, leads: undefined, position: undefined, problem: undefined };
  return { address: "h:1", status, ...unknown, ...more };
}

const hidden = { address: undefined, status: undefined, info, leads: false, position: 2 };

test("status: several replicas are a table, and what a terminal would obey is escaped", () => {
  const silent = surveyed("", { status: undefined, problem: "nobody listens there" });
  expect(surveyText([surveyed("Leader"), surveyed("", hidden), silent], undefined)).toBe(
    `REPLICA  HOST   STATE      SINCE  EPOCH  LINE  HTTP  NOTE
a        h      Leader     1.5 s  -      -     h:1   so\\u001b
a        there  (in line)  -      -      3     -
?        ?      ?          -      -      -     h:1   nobody listens there
`,
  );
});

/** The column LINE. */
function places(...replicas: readonly SurveyedReplica[]): readonly string[] {
  const rows = surveyText(replicas, undefined).split("\n").slice(1, -1);
  return rows.map((row) => row.split(/\s{2,}/)[5] ?? "");
}

test("status: who leads waits for nothing, and the one behind is first, however it is asked", () => {
  const inLine = (position: number, leads: boolean): SurveyedReplica =>
    surveyed("", { ...hidden, position, leads });
  const waits = surveyed("Attempter", {
    status: parseStatus(
      JSON.stringify({
        replica: { replica: "b", host: "h" },
        state: "Attempter",
        leader: { replica: "a" },
        standing: { kind: "in-line", position: 1, size: 2, candidates: ["a", "b"] },
      }),
    ),
  });
  expect(places(inLine(0, true), inLine(1, false), inLine(2, false))).toEqual(["-", "1", "2"]);
  // Two of one name: the records tell them apart.
  expect(places(inLine(0, false), inLine(1, true), inLine(2, false))).toEqual(["1", "-", "2"]);
  expect(places(inLine(0, false), inLine(1, false))).toEqual(["1", "2"]);
  expect(places(surveyed("Leader"), waits)).toEqual(["-", "1"]);
});

test("status: where nobody leads the path is named, and doubted when nobody is in line", () => {
  const nobody = { place: { name: "/chroot/election", option: "zk-path" }, leader: null };
  expect(surveyText([], nobody)).toBe(
    "Nobody leads at /chroot/election, and nobody is in line: is --zk-path right?\n",
  );
  expect(surveyText([surveyed("", hidden)], nobody)).toEndWith(
    "\nNobody leads at /chroot/election.\n",
  );
  expect(surveyText([surveyed("", hidden)], { ...nobody, leader: "a" })).not.toContain("Nobody");
});

test("status: the exit code of several is that of the worst", () => {
  const good = surveyed("Attempter");
  const place = { name: "/election", option: "zk-path" };
  const [led, vacant] = ["a", null].map((leader) => ({ place, leader }));
  expect(surveyCode([good, surveyed("Leader")], undefined)).toBe(0);
  expect(surveyCode([good, surveyed("", hidden)], led)).toBe(0);
  expect(surveyCode([good, surveyed("Failover")], led)).toBe(3);
  expect(surveyCode([good], vacant)).toBe(3);
  const silent = surveyed("", { status: undefined, problem: "nobody listens there" });
  expect(surveyCode([surveyed("Failover"), silent], led)).toBe(69);
});
