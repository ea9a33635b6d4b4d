import { expect, test } from "bun:test";
import { loadConfig } from "../../src/options/load.ts";
import { type AnyOption, variableOf } from "../../src/options/option.ts";
import { type Config, options, optionTable } from "../../src/daemon/options.ts";
import type { Loading } from "../../src/options/table.ts";
import { type Given, environmentOf } from "../options/environment.fixture.ts";

const table: readonly AnyOption[] = Object.values(options);

function load(flags: Readonly<Record<string, string>>, given: Given = {}): Loading<Config> {
  return loadConfig(optionTable, new Map(Object.entries(flags)), environmentOf(given));
}

function problems(flags: Readonly<Record<string, string>>, given: Given = {}): readonly string[] {
  const loading = load(flags, given);
  return loading.kind === "invalid" ? loading.problems : [];
}

function loaded(flags: Readonly<Record<string, string>>, given: Given = {}) {
  const loading = load(flags, given);
  if (loading.kind === "invalid") throw new Error(loading.problems.join("\n"));
  return loading;
}

test("config: only zk-servers is required, and the defaults are those of the mission", () => {
  expect(loaded({ "zk-servers": "a,[::1]:1/x" }).config as unknown).toEqual({
    zkServers: {
      servers: [
        { host: "a", port: 2181 },
        { host: "::1", port: 1 },
      ],
      chroot: "/x",
    },
    zkTlsCa: null,
    zkTlsCert: null,
    zkTlsKey: null,
    zkAuthFile: null,
    zkAuth: null,
    zkAcl: null,
    leaderTimeoutMs: 10_000,
    attempterTimeoutMs: 10_000,
    fileDir: "/tmp/election/x%2Felection",
    storageCapacity: 10,
    failoverTimeoutMs: 1000,
    failoverAttemptsCount: 10,
    sessionTimeoutMs: 10_000,
    zkPath: "/election",
    replicaId: "host-abcd",
    httpAddress: null,
    httpTokenFile: null,
    stateDir: null,
    stopTimeoutMs: 8000,
    onElected: null,
    onLost: null,
    hookTimeoutMs: 3000,
    execForward: null,
    execStopSignal: "SIGTERM",
    execStopTimeoutMs: 2000,
    execRestart: "always",
    execThen: "stay",
    execRaw: false,
    withFiles: false,
    logLevel: "info",
    logFormat: "json",
    envFile: null,
  });
  expect(loaded({ "zk-servers": "a" }, { terminal: true }).config.logFormat).toBe("pretty");
});

test("config: a session timeout that no lease fits into is refused with the range", () => {
  const flags = { "zk-servers": "a", "session-timeout": "99ms" };
  expect(problems(flags)).toEqual([
    '--session-timeout "99ms": expected a duration from 100ms to 24h in whole milliseconds, ' +
      "such as 10s, 1m30s or 500ms",
  ]);
  expect(loaded({ ...flags, "session-timeout": "100ms" }).config.sessionTimeoutMs).toBe(100);
});

/** A right value for every option, other than its default; two where order is to be seen. */
const samples: Readonly<Record<string, readonly [string, string, string]>> = {
  "zk-servers": ["a", "b", "c"],
  "zk-acl": ["open", "open", "open"],
  "file-dir": ["/a", "/b", "/c"],
  "zk-path": ["/a", "/b", "/c"],
  "replica-id": ["a", "b", "c"],
  "http-address": [":1", ":2", ":3"],
  "exec-stop-signal": ["SIGINT", "SIGHUP", "SIGQUIT"],
  "exec-forward": ["SIGHUP", "SIGUSR1,SIGHUP", "SIGQUIT,SIGUSR2"],
  "exec-restart": ["on-failure", "never", "on-failure"],
  "exec-then": ["resign", "exit", "resign"],
  "exec-raw": ["true", "false", "true"],
  "with-files": ["true", "false", "true"],
  "log-level": ["error", "warn", "debug"],
  "log-format": ["pretty", "json", "pretty"],
};

/** Those with a reader of their own, which other tests try, or without a flag. */
const apart = new Set(["env-file", "zk-tls-ca", "zk-tls-cert", "zk-tls-key", "zk-auth-file"]);
const ordered = table.filter(({ flag, variableOnly }) => !apart.has(flag) && !variableOnly);
test.each(ordered.map(({ flag, unit }) => [flag, unit] as const))(
  "config: %s is taken from flag, environment, env file, default, in this order (I1)",
  (flag, unit) => {
    const [first, second, third] =
      samples[flag] ?? (unit === "duration" ? ["1s", "2s", "3s"] : ["1", "2", "3"]);
    const variable = variableOf(flag);
    const base = flag === "zk-servers" ? {} : { ELECTION_ZK_SERVERS: "z" };
    const files = { ".env": `${variable}=${third}` };
    const variables = { ...base, [variable]: second };

    const setting = (loading: ReturnType<typeof loaded>) =>
      loading.settings.find(({ option }) => option === flag);
    const place = null;
    expect(setting(loaded({ [flag]: first }, { variables, files }))).toEqual({
      option: flag,
      value: first,
      source: "flag",
      place,
    });
    expect(setting(loaded({}, { variables, files }))).toEqual({
      option: flag,
      value: second,
      source: "environment",
      place,
    });
    expect(setting(loaded({}, { variables: base, files }))).toEqual({
      option: flag,
      value: third,
      source: "env-file",
      place: ".env line 1",
    });
    if (flag === "zk-servers") return;
    expect(setting(loaded({}, { variables: base }))?.source).toBe("default");
  },
);

test("config: the env file is named by flag before environment, and by no env file", () => {
  const files = { a: "ELECTION_ZK_SERVERS=a", b: "ELECTION_ZK_SERVERS=b", ".env": "x" };
  const variables = { ELECTION_ENV_FILE: "b" };
  expect(loaded({ "env-file": "a" }, { variables, files }).config.envFile).toBe("a");
  expect(loaded({}, { variables, files }).config.envFile).toBe("b");
  expect(problems({}, { files: { ".env": "ELECTION_ENV_FILE=x" } })).toEqual([
    "ELECTION_ENV_FILE (.env line 1): an env file cannot name another one",
  ]);
});

const zk = { "zk-servers": "a" };
const durationRight =
  "expected a duration from 1ms to 24h in whole milliseconds, such as 10s, 1m30s or 500ms";
const wrong: readonly (readonly [Readonly<Record<string, string>>, Given, string])[] = [
  [{}, {}, "--zk-servers is missing: expected it, or ELECTION_ZK_SERVERS, as <host:port,...>"],
  [{ "zk-servers": "" }, {}, '--zk-servers "": expected a value'],
  [
    { "zk-servers": "a:0" },
    {},
    '--zk-servers "a:0": expected host:port,host:port/chroot, ' +
      'but port 0 of "a" is not between 1 and 65535',
  ],
  [{ ...zk, "leader-timeout": "10" }, {}, `--leader-timeout "10": ${durationRight}`],
  [{ ...zk, "stop-timeout": "0s" }, {}, `--stop-timeout "0s": ${durationRight}`],
  [
    { ...zk, "storage-capacity": "0" },
    {},
    '--storage-capacity "0": expected a whole number from 1 to 1000000',
  ],
  [
    { ...zk, "storage-capacity": "1e3" },
    {},
    '--storage-capacity "1e3": expected a whole number from 1 to 1000000',
  ],
  [
    { ...zk, "failover-attempts-count": "-1" },
    {},
    '--failover-attempts-count "-1": expected a whole number from 1 to 1000000',
  ],
  [
    { ...zk, "file-dir": "a\0b" },
    {},
    '--file-dir "a\\u0000b": expected a path of at most 4095 bytes without NUL',
  ],
  [
    { ...zk, "log-level": "fatal" },
    {},
    '--log-level "fatal": expected one of error, warn, info, debug, trace',
  ],
  [{ ...zk, "log-format": "xml" }, {}, '--log-format "xml": expected one of json, pretty'],
  [
    { ...zk, "http-address": "x" },
    {},
    '--http-address "x": expected host:port, [v6]:port, :port (loopback) or unix:/path',
  ],
  [
    zk,
    { variables: { ELECTION_LEADER_TIMEOUT: "x" } },
    `ELECTION_LEADER_TIMEOUT "x": ${durationRight}`,
  ],
  [
    zk,
    { variables: { ELECTION_LEADER_TIMEOUT: "" } },
    'ELECTION_LEADER_TIMEOUT "": expected a value',
  ],
  [
    zk,
    { variables: { ELECTION_LEADER_TIMOUT: "1s" } },
    "ELECTION_LEADER_TIMOUT (the environment): unknown variable; " +
      "did you mean ELECTION_LEADER_TIMEOUT?",
  ],
  [
    {},
    { variables: { ELECTION_ZK_SERVER: "a" } },
    "ELECTION_ZK_SERVER (the environment): unknown variable; did you mean ELECTION_ZK_SERVERS?",
  ],
  [
    zk,
    { variables: { ELECTION_FROBNICATE: "" } },
    "ELECTION_FROBNICATE (the environment): unknown variable; see --help for all variables",
  ],
  [
    zk,
    { files: { ".env": "\nELECTION_ZK_PATHS=/a" } },
    "ELECTION_ZK_PATHS (.env line 2): unknown variable; did you mean ELECTION_ZK_PATH?",
  ],
  [
    zk,
    { files: { ".env": "ELECTION_ZK_PATH=/a\nELECTION_ZK_PATH=/b" } },
    "ELECTION_ZK_PATH (.env line 2): expected it once, but it is given above",
  ],
  [
    zk,
    { files: { ".env": "# x\n\nELECTION_ZK_PATH=a" } },
    'ELECTION_ZK_PATH (.env line 3) "a": expected an absolute path other than "/", ' +
      'such as /election, without a trailing "/" and without empty, "." or ".." parts',
  ],
  [
    zk,
    { files: { ".env": "A=1\nrubbish" } },
    ".env line 2: expected KEY=VALUE, a comment or nothing",
  ],
  [
    zk,
    { files: { ".env": { failed: "this user may not read it" } } },
    '--env-file ".env": expected a readable file, but this user may not read it',
  ],
  [
    { "env-file": "/none" },
    {},
    '--env-file "/none": expected a readable file, but it does not exist',
  ],
  [
    zk,
    { variables: { ELECTION_ENV_FILE: "/none" } },
    'ELECTION_ENV_FILE "/none": expected a readable file, but it does not exist',
  ],
  [{ ...zk, "env-file": "" }, {}, '--env-file "": expected a value'],
];

test.each(wrong)("config: %j with %j is one problem", (flags, given, expected) => {
  expect(problems(flags, given)).toEqual([expected]);
});

test("config: several problems are all told, one line each (I3)", () => {
  expect(problems({ ...zk, "leader-timeout": "x", "log-level": "y" }).length).toBe(2);
});

test("config: of very many unknown variables the first are told, at once", () => {
  const names = Array.from({ length: 50_000 }, (_, index) => `ELECTION_LEADER_TIMEOUTS_${index}`);
  const variables = Object.fromEntries(names.map((name) => [name, "1s"]));
  const files = { ".env": names.map((name) => `${name}=1s`).join("\n") };
  const startedAt = performance.now();
  const told = problems(zk, { variables, files });
  expect(told).toHaveLength(42);
  expect(told.at(-1)).toBe(".env line 21: the rest is not looked at");
  expect(performance.now() - startedAt).toBeLessThan(1000);
});

const secret = { ELECTION_ZK_AUTH: "ada:hunter2" };

test("config: a login comes from the environment or the env file, and is never shown (I4)", () => {
  const login = { user: "ada", password: "hunter2" };
  const given = [
    { variables: secret },
    { files: { ".env": "ELECTION_ZK_AUTH=ada:hunter2" } },
  ] as const;
  for (const place of given) {
    const { config, settings } = loaded(zk, place);
    expect(config.zkAuth).toEqual(login);
    expect(settings.find(({ option }) => option === "zk-auth")?.value).toBe("***");
    expect(JSON.stringify(settings)).not.toContain("hunter2");
  }
  expect(problems(zk, { variables: { ELECTION_ZK_AUTH: "hunter2" } })).toEqual([
    'ELECTION_ZK_AUTH "***": expected user:password, both not empty, in one line of at most ' +
      "1024 characters",
  ]);
});

test("config: what contradicts itself about who we are is refused", () => {
  const files = { login: "ada:lovelace" };
  const file = { ...zk, "zk-auth-file": "login" };
  expect(problems(file, { files, variables: secret })).toEqual([
    "--zk-auth-file and ELECTION_ZK_AUTH: expected one of them",
  ]);
  expect(problems({ ...zk, "zk-acl": "own" })).toEqual([
    '--zk-acl "own": expected --zk-auth-file or --zk-tls-cert to go with it',
  ]);
  expect(problems({ ...file, "zk-acl": "own" }, { files })).toEqual([]);
});

test("config: foreign variables, and those that Kubernetes makes, are left alone", () => {
  const variables = {
    PATH: "/bin",
    ELECTION_PORT: "tcp://10.0.0.1:80",
    ELECTION_SERVICE_HOST: "10.0.0.1",
    ELECTION_SERVICE_PORT_HTTP: "80",
    ELECTION_PORT_80_TCP_ADDR: "10.0.0.1",
    ELECTION_HTTP_SERVICE_HOST: "10.0.0.2",
  };
  expect(problems(zk, { variables, files: { ".env": "FOO=1" } })).toEqual([]);
});

test("config: every flag is lower case with dashes, and no two are the same", () => {
  const flags = table.map(({ flag }) => flag);
  expect(new Set(flags).size).toBe(flags.length);
  for (const flag of flags) expect(flag).toMatch(/^[a-z]+(-[a-z]+)*$/);
});

function fileDirOf(flags: Readonly<Record<string, string>>): string {
  return loaded({ "zk-servers": "a", ...flags }).config.fileDir;
}

test("config: each service has a directory of its own where none is given", () => {
  expect(fileDirOf({})).toBe("/tmp/election/election");
  expect(fileDirOf({ "zk-path": "/a/b" })).toBe("/tmp/election/a%2Fb");
  expect(fileDirOf({ "zk-servers": "a/app", "zk-path": "/b" })).toBe("/tmp/election/app%2Fb");
  expect(fileDirOf({ "zk-path": "/a/b", "file-dir": "/x" })).toBe("/x");
});
