import { expect, test } from "bun:test";
import { optionTable } from "../../src/daemon/options.ts";
import { LiveConfig } from "../../src/options/live.ts";
import { loadConfig } from "../../src/options/load.ts";
import { environmentOf } from "./environment.fixture.ts";

/** A configuration whose env file can be rewritten; flags and environment stay. */
function start(file: string, flags: Readonly<Record<string, string>> = {}) {
  const files = { ".env": file };
  const variables = { ELECTION_STORAGE_CAPACITY: "7" };
  const given = environmentOf({ files, variables });
  const all = new Map(Object.entries({ "zk-servers": "a", ...flags }));
  const load = () => loadConfig(optionTable, all, given);
  const loading = load();
  if (loading.kind === "invalid") throw new Error(loading.problems.join());
  const live = new LiveConfig(optionTable.options, loading, load);
  const rewrite = (text: string): void => {
    files[".env"] = text;
  };
  return { live, rewrite };
}

test("live config: what can change is taken over by whoever reads it at its use", () => {
  const { live, rewrite } = start("ELECTION_LEADER_TIMEOUT=10s");
  const { view, changed } = live;
  rewrite("ELECTION_LEADER_TIMEOUT=1s\nELECTION_LOG_LEVEL=debug");
  expect(live.reload()).toEqual({
    kind: "reloaded",
    changed: [
      { option: "leader-timeout", from: "10s", to: "1s" },
      { option: "log-level", from: "info", to: "debug" },
    ],
    kept: [],
  });
  expect([view.leaderTimeoutMs, view.logLevel]).toEqual([1000, "debug"]);
  expect([changed.aborted, live.changed.aborted]).toEqual([true, false]);
  expect(live.settings.find(({ option }) => option === "leader-timeout")).toEqual({
    option: "leader-timeout",
    value: "1s",
    source: "env-file",
    place: ".env line 1",
  });
});

test("live config: what cannot change is named, and stays, also in what is shown", () => {
  const { live, rewrite } = start("ELECTION_ZK_PATH=/a");
  rewrite("ELECTION_ZK_PATH=/b\nELECTION_HTTP_ADDRESS=:1\nELECTION_STOP_TIMEOUT=9s");
  expect(live.reload()).toMatchObject({
    changed: [{ option: "stop-timeout" }],
    kept: [
      // It follows from the path of the service.
      { option: "file-dir", from: "/tmp/election/a", to: "/tmp/election/b" },
      { option: "zk-path", from: "/a", to: "/b" },
      { option: "http-address", from: null, to: ":1" },
    ],
  });
  expect([live.view.zkPath, live.view.httpAddress]).toEqual(["/a", null]);
  const shown = live.settings.filter(({ option }) => /^(zk-path|http-address)$/.test(option));
  expect(shown.map(({ value }) => value)).toEqual(["/a", null]);
  // It is told again as long as it is so.
  expect(live.reload()).toMatchObject({
    changed: [],
    kept: [{ option: "file-dir" }, { to: "/b" }, { to: ":1" }],
  });
});

test("live config: flags and environment stay above the env file", () => {
  const { live, rewrite } = start("", { "leader-timeout": "5s" });
  rewrite("ELECTION_LEADER_TIMEOUT=1s\nELECTION_STORAGE_CAPACITY=9");
  const { changed } = live;
  expect(live.reload()).toEqual({ kind: "reloaded", changed: [], kept: [] });
  expect([live.view.leaderTimeoutMs, live.view.storageCapacity]).toEqual([5000, 7]);
  expect(changed.aborted).toBe(false);
});

test("live config: a bad file is told, and changes nothing of it", () => {
  const { live, rewrite } = start("ELECTION_LEADER_TIMEOUT=10s");
  rewrite("ELECTION_LOG_LEVEL=debug\nELECTION_LEADER_TIMEOUT=soon");
  expect(live.reload()).toMatchObject({
    kind: "invalid",
    problems: [expect.stringContaining(".env line 2")],
  });
  expect([live.view.leaderTimeoutMs, live.view.logLevel]).toEqual([10_000, "info"]);
  expect(live.changed.aborted).toBe(false);
});

test("live config: the same value in other words is no change", () => {
  const { live, rewrite } = start("ELECTION_LEADER_TIMEOUT=10s");
  rewrite("ELECTION_LEADER_TIMEOUT=10000ms");
  expect(live.reload()).toEqual({ kind: "reloaded", changed: [], kept: [] });
});

test("live config: the view shows every option, and copies of it are whole", () => {
  const { live } = start("");
  expect(Object.keys({ ...live.view })).toContain("sessionTimeoutMs");
  expect(live.view.zkServers.servers).toEqual([{ host: "a", port: 2181 }]);
});
