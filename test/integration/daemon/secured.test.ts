import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Authority, type Certificate, keyStoreOf } from "../../authority.ts";
import { connect } from "../zookeeper/real-client.fixture.ts";
import { binary, firstLeader, type LogLine, Replica, temporaryDirectory } from "../replica.ts";
import { startServer, type ZooKeeperServer } from "../zookeeper-server.ts";

const limitMs = 60_000;
/** Long, so that a hand-over within it cannot be the session's end. */
const sessionSeconds = 20;
const login = "ada:hunter2:and more";
const directory = temporaryDirectory();
let server: ZooKeeperServer;
let authority: Authority;
let successor: Authority;
let stranger: Authority;
let own: Certificate;
let trustStore: string;
let service = 0;

beforeAll(async () => {
  authority = new Authority(directory.path, "authority");
  successor = new Authority(directory.path, "successor");
  stranger = new Authority(directory.path, "stranger");
  own = authority.certificate("replica");
  trustStore = join(directory.path, "trusted.pem");
  copyFileSync(authority.file, trustStore);
  const keyStore = keyStoreOf(
    authority.certificate("server", { names: "IP:127.0.0.1,DNS:zk.test" }),
  );
  const config = ["maxSessionTimeout=60000"];
  server = await startServer({ tls: { keyStore, trustStore }, config });
}, limitMs);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

const securePort = (): number => server.secureAddress?.port ?? 0;

interface Start {
  readonly flags?: readonly string[];
  readonly host?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The flags of a service of its own for each test. */
function common(): readonly string[] {
  return [
    `--zk-path=/secured-${service}`,
    `--session-timeout=${sessionSeconds}s`,
    `--zk-tls-ca=${authority.file}`,
    `--state-dir=${join(directory.path, `state-${service}`)}`,
  ];
}

function shows({ cert, key }: Certificate): readonly string[] {
  return [`--zk-tls-cert=${cert}`, `--zk-tls-key=${key}`];
}

function start(id: string, { flags = [], host = "127.0.0.1", environment = {} }: Start): Replica {
  return new Replica({
    servers: `${host}:${securePort()}`,
    id,
    fileDir: join(directory.path, `files-${service}`),
    flags: [...common(), "--leader-timeout=200ms", ...flags],
    environment,
  });
}

test(
  "secured: leads over TLS with a certificate and a login, and hands over in milliseconds",
  async () => {
    service += 1;
    const loginFile = join(directory.path, "login");
    writeFileSync(loginFile, `${login}\n`, { mode: 0o600 });
    const flags = [...shows(own), `--zk-auth-file=${loginFile}`];
    await using one = start("one", { flags });
    await using two = start("two", { flags });
    const leader = await firstLeader([one, two]);
    const other = leader === one ? two : one;
    await leader.writes();
    await other.line("follows", (line) => line["leader"] === leader.id);

    const address = `--zk-servers=127.0.0.1:${securePort()}`;
    const access = [...common().filter((flag) => !flag.startsWith("--state-dir")), ...flags];
    const run = (...words: readonly string[]): string =>
      Bun.spawnSync([binary, ...words, address, ...access], {
        env: {},
        cwd: "/",
      }).stdout.toString();
    expect(JSON.parse(run("status", "--all", "--json"))).toMatchObject({
      leader: leader.id,
      replicas: [{ leads: true }, { leads: false }],
    });
    expect(run("check")).toMatch(new RegExp(`^ok +service +.*${leader.id} leads`, "m"));

    await using anonymous = await connect([server]);
    const { client } = anonymous;
    const base = `/secured-${service}`;
    for (const path of [base, `${base}/term`, `${base}/replicas`, `${base}/leader`]) {
      const { acl } = await client.getAcl(path);
      expect(acl.map(({ permissions, scheme }) => [permissions, scheme])).toEqual([
        [1, "world"],
        [31, "x509"],
        [31, "digest"],
      ]);
    }
    expect((await client.getData(`${base}/leader`)).data.length).toBeGreaterThan(0);
    for (const attempt of [
      client.delete(`${base}/leader`),
      client.setData(`${base}/term`, new Uint8Array()),
      client.create(`${base}/replicas/z-1`, new Uint8Array()),
    ]) {
      expect(await attempt.catch((error: Error) => error.message)).toContain("no-auth");
    }

    const from = other.lines.length;
    const askedAt = performance.now();
    leader.kill("SIGTERM");
    await other.writes(from);
    // Without the release of leadership it would take the session's 20 s.
    expect(performance.now() - askedAt).toBeLessThan(2000);
    expect(await leader.exited).toBe(0);

    other.kill("SIGKILL");
    await other.exited;
    const released = Bun.spawnSync([
      binary,
      "release",
      `--zk-servers=127.0.0.1:${securePort()}`,
      ...common(),
      ...flags,
    ]);
    expect(released.stderr.toString()).toMatch(/gave up epoch \d+ of a process that was killed/);
    expect(released.exitCode).toBe(0);
    await using third = start("third", { flags });
    await third.writes();
    expect(third.lines.some(({ event }) => event === "waiting-out")).toBe(false);
  },
  limitMs,
);

test(
  "secured: a login from the environment is in no log line, argument or answer",
  async () => {
    service += 1;
    const environment = { ELECTION_ZK_AUTH: login };
    const flags = [...shows(own), "--log-level=trace", "--http-address=127.0.0.1:0"];
    await using replica = start("quiet", { flags, environment });
    await replica.writes();
    const http = await replica.line("answers", ({ event }) => event === "http");
    const address = /HTTP at (?<address>\S+)/.exec(http.msg)?.groups?.["address"];
    const answers = ["/status", "/metrics", "/leader"].map(async (path) => {
      const response = await fetch(`http://${address}${path}`);
      return await response.text();
    });
    const told = [
      ...(await Promise.all(answers)),
      readFileSync(`/proc/${replica.pid}/cmdline`, "utf8"),
      ...replica.lines.map((line) => JSON.stringify(line)),
    ].join("\n");
    expect(told).toContain('"option":"zk-auth","value":"***"');
    expect(told).not.toContain("hunter2");
  },
  limitMs,
);

test(
  "secured: certificates of one subject are enough to keep others from our nodes",
  async () => {
    service += 1;
    const flags = ["--zk-acl=own"];
    await using one = start("one", { flags: [...flags, ...shows(own)] });
    await one.writes();
    const twin = authority.certificate("replica");
    await using two = start("two", { flags: [...flags, ...shows(twin)] });
    await two.line("follows", (line) => line["leader"] === "one");
    one.kill("SIGTERM");
    await two.writes();

    const other = authority.certificate("other");
    await using third = start("third", { flags: [...flags, ...shows(other)] });
    const told = "who we are lacks a permission on this path";
    await third.line("is kept out", ({ msg }) => msg.includes(told));
  },
  limitMs,
);

/** Runs a replica that cannot get in, to its end. */
async function shutOut(options: Start): Promise<readonly LogLine[]> {
  service += 1;
  const patience = ["--failover-attempts-count=3", "--failover-timeout=100ms"];
  await using replica = start("shut-out", {
    ...options,
    flags: [...patience, ...(options.flags ?? [])],
  });
  expect(await replica.exited).toBe(69);
  return replica.lines;
}

/** What was said about the server, without the address: at a level that people see. */
function troubles(lines: readonly LogLine[]): readonly string[] {
  return lines
    .filter(({ event, level }) => event === "notice" && level === "warn")
    .map(({ msg }) => msg.replace(/^no connection to \S+: /, ""));
}

const refusals: readonly [what: string, options: () => Start, told: RegExp][] = [
  [
    "without a certificate",
    () => ({}),
    /^the server refuses us \(BAD_CERTIFICATE\): it demands a client certificate; give --zk-tls/,
  ],
  [
    "with a certificate of a strange authority",
    () => ({ flags: shows(stranger.certificate("unknown")) }),
    /^the server refuses us \(CERTIFICATE_UNKNOWN\): it does not accept .*\(CN=unknown, valid /,
  ],
  [
    "with a certificate that has expired",
    () => ({ flags: shows(authority.certificate("late", { days: -1 })) }),
    /^the server refuses us \(CERTIFICATE_UNKNOWN\): it does not accept .*\(CN=late, valid /,
  ],
  [
    "by a name that its certificate lacks",
    () => ({ host: "localhost", flags: shows(own) }),
    /^the server's certificate is for another host: Host: localhost\. is not in the cert's alt/,
  ],
];

test.each(refusals)(
  "secured: who comes %s is refused, and told once",
  async (_, options, told) => {
    const lines = await shutOut(options());
    expect(troubles(lines)).toEqual([expect.stringMatching(told)]);
    expect(lines.at(-1)?.msg).toContain("no server answered");
  },
  limitMs,
);

test(
  "secured: a server of another authority is refused by us",
  async () => {
    service += 1;
    await using replica = new Replica({
      servers: `127.0.0.1:${securePort()}`,
      id: "distrustful",
      fileDir: join(directory.path, `files-${service}`),
      flags: [
        `--zk-tls-ca=${stranger.file}`,
        "--failover-attempts-count=1",
        "--failover-timeout=10ms",
      ],
    });
    expect(await replica.exited).toBe(69);
    expect(troubles(replica.lines)).toEqual([
      expect.stringContaining("not signed by an authority of --zk-tls-ca"),
    ]);
  },
  limitMs,
);

test("secured: files that cannot work are bad usage before anything is done", () => {
  service += 1;
  const none = join(directory.path, "none.pem");
  const { exitCode, stderr } = Bun.spawnSync([binary, "--zk-servers=a", `--zk-tls-ca=${none}`]);
  expect(stderr.toString()).toBe(
    `election: --zk-tls-ca "${none}": expected a PEM file with the certificates of the servers' ` +
      "authorities, but it does not exist\n",
  );
  expect(exitCode).toBe(2);
});

test(
  "secured: new files are used from the next connection on, and broken ones only delay it",
  async () => {
    service += 1;
    const rotating = { cert: join(directory.path, "r.pem"), key: join(directory.path, "r.key") };
    const put = ({ cert, key }: Certificate): void => {
      copyFileSync(cert, rotating.cert);
      copyFileSync(key, rotating.key);
    };
    put(own);
    await using leader = start("rotating", { flags: shows(rotating) });
    await leader.writes();

    // The server comes back trusting nobody but the new authority.
    const from = leader.lines.length;
    writeFileSync(rotating.key, "half a k");
    await server.stop();
    copyFileSync(successor.file, trustStore);
    try {
      await server.restart();
      const broken = `--zk-tls-key "${rotating.key}": expected a PEM file with the private key`;
      await leader.line(
        "tells",
        ({ msg, level }) => level === "warn" && msg.includes(broken),
        from,
      );
      put(successor.certificate("replica"));
      await leader.line("goes on", (line) => line["change"] === "resumed", from);
      await leader.writes(leader.lines.length);
      const told = troubles(leader.lines.slice(from)).filter((line) => line.includes(broken));
      expect(told.length).toBe(1);
      expect(leader.edges).toEqual(["Init>Attempter:ready", "Attempter>Leader:elected"]);
    } finally {
      copyFileSync(authority.file, trustStore);
      await server.restart();
    }
  },
  limitMs,
);
