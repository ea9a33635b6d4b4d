import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, chownSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tlsFlags } from "../../src/coordination/zookeeper/options.ts";
import { type Config, optionTable } from "../../src/daemon/options.ts";
import { loadConfig } from "../../src/options/load.ts";
import type { Loading } from "../../src/options/table.ts";
import { readSmallFile } from "../../src/options/environment.ts";
import { readTlsFiles } from "../../src/options/tls-files.ts";
import { Authority, type Certificate } from "../authority.ts";
import { temporaryDirectory } from "../integration/replica.ts";
import { environmentOf } from "./environment.fixture.ts";

const directory = temporaryDirectory();
let authority: Authority;
let own: Certificate;
let other: Certificate;

beforeAll(() => {
  authority = new Authority(directory.path, "authority");
  own = authority.certificate("own");
  other = authority.certificate("other");
});

afterAll(() => directory[Symbol.dispose]());

function file(name: string, content: string, mode = 0o600): string {
  const path = join(directory.path, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

/** Loads flags with the files of this machine. */
function load(flags: Readonly<Record<string, string>>): Loading<Config> {
  const all = new Map(Object.entries({ "zk-servers": "a", ...flags }));
  return loadConfig(optionTable, all, { ...environmentOf(), readFile: readSmallFile });
}

function problems(flags: Readonly<Record<string, string>>): readonly string[] {
  const loading = load(flags);
  return loading.kind === "invalid" ? loading.problems : [];
}

function warnings(flags: Readonly<Record<string, string>>): readonly string[] {
  const loading = load(flags);
  if (loading.kind === "invalid") throw new Error(loading.problems.join("\n"));
  return loading.warnings;
}

test("tls files: a whole set is taken by its paths, without a warning", () => {
  const flags = { "zk-tls-ca": authority.file, "zk-tls-cert": own.cert, "zk-tls-key": own.key };
  const loading = load(flags);
  expect(loading).toMatchObject({
    kind: "loaded",
    config: { zkTlsCa: authority.file, zkTlsCert: own.cert, zkTlsKey: own.key },
    warnings: [],
  });
});

test("tls files: several authorities, and text between them, are fine", () => {
  const bundle = `# ours\n${readFileSync(authority.file, "utf8")}\n${readFileSync(own.cert, "utf8")}`;
  expect(problems({ "zk-tls-ca": file("bundle.pem", bundle) })).toEqual([]);
});

test("tls files: what is no such file is told with option, value and what would be right", () => {
  const none = join(directory.path, "none");
  const right = "expected a PEM file with the certificates of the servers' authorities";
  expect(problems({ "zk-tls-ca": none })).toEqual([
    `--zk-tls-ca "${none}": ${right}, but it does not exist`,
  ]);
  const rubbish = file("rubbish", "rubbish");
  expect(problems({ "zk-tls-ca": rubbish })).toEqual([`--zk-tls-ca "${rubbish}": ${right}`]);
  expect(problems({ "zk-tls-ca": own.key })).toEqual([`--zk-tls-ca "${own.key}": ${right}`]);
  const [cut] = readFileSync(authority.file, "utf8").split("-----END");
  const half = file("half.pem", `${readFileSync(own.cert, "utf8")}${cut}`);
  expect(problems({ "zk-tls-ca": half })).toEqual([`--zk-tls-ca "${half}": ${right}`]);
});

test("tls files: a key must be one, without a passphrase, and that of the certificate", () => {
  const flags = { "zk-tls-ca": authority.file, "zk-tls-cert": own.cert };
  const right = "expected a PEM file with the private key of our certificate, without a passphrase";
  const closed = join(directory.path, "closed.key");
  const command = ["openssl", "genrsa", "-aes128", "-passout", "pass:secret", "-out", closed];
  expect(Bun.spawnSync([...command, "2048"]).exitCode).toBe(0);
  for (const key of [own.cert, closed]) {
    expect(problems({ ...flags, "zk-tls-key": key })).toEqual([`--zk-tls-key "${key}": ${right}`]);
  }
  expect(problems({ ...flags, "zk-tls-key": other.key })).toEqual([
    `--zk-tls-key "${other.key}": expected the private key of --zk-tls-cert "${own.cert}"`,
  ]);
});

test("tls files: what belongs together is demanded together", () => {
  const together = "expected --zk-tls-cert and --zk-tls-key together";
  const ca = { "zk-tls-ca": authority.file };
  expect(problems({ ...ca, "zk-tls-cert": own.cert })).toEqual([
    `--zk-tls-key is missing: ${together}`,
  ]);
  expect(problems({ ...ca, "zk-tls-key": own.key })).toEqual([
    `--zk-tls-cert is missing: ${together}`,
  ]);
  expect(problems({ "zk-tls-cert": own.cert, "zk-tls-key": own.key })).toEqual([
    "--zk-tls-ca is missing: expected it beside --zk-tls-cert and --zk-tls-key",
  ]);
});

test("tls files: they are read as they are now, and the option is named that is broken", () => {
  const paths = {
    authorities: authority.file,
    certificate: file("now.pem", readFileSync(own.cert, "utf8")),
    key: file("now.key", readFileSync(own.key, "utf8")),
  };
  expect(readTlsFiles(paths, tlsFlags, readSmallFile)).toMatchObject({
    kind: "valid",
    value: { ownCertificate: expect.stringMatching(/^CN=own, valid from .* to .* GMT$/) },
  });
  file("now.key", "half a k");
  expect(readTlsFiles(paths, tlsFlags, readSmallFile)).toEqual({
    kind: "invalid",
    expected:
      `--zk-tls-key "${paths.key}": expected a PEM file with the private key of our ` +
      "certificate, without a passphrase",
  });
});

test("tls files: a key that everybody may read is warned of", () => {
  const key = file("open.key", readFileSync(own.key, "utf8"), 0o644);
  const flags = { "zk-tls-ca": authority.file, "zk-tls-cert": own.cert, "zk-tls-key": key };
  expect(warnings(flags)).toEqual([
    `--zk-tls-key "${key}": it holds a secret that everybody may read; chmod 600`,
  ]);
});

test("tls files: a key that its group may read is warned of, unless root owns it", () => {
  const key = file("group.key", readFileSync(own.key, "utf8"), 0o640);
  const flags = { "zk-tls-ca": authority.file, "zk-tls-cert": own.cert, "zk-tls-key": key };
  if (process.getuid?.() === 0) {
    expect(warnings(flags)).toEqual([]);
    chownSync(key, 65_534, 65_534);
  }
  expect(warnings(flags)).toEqual([expect.stringContaining("a secret that its group may read")]);
});

test("login file: read without the end of its line, and warned of when others may read it", () => {
  const closed = file("login", "ada:love:lace\r\n");
  expect(load({ "zk-auth-file": closed })).toMatchObject({
    kind: "loaded",
    config: { zkAuthFile: { user: "ada", password: "love:lace" } },
    warnings: [],
  });
  expect(warnings({ "zk-auth-file": file("login-open", "ada:lovelace", 0o604) })).toEqual([
    expect.stringMatching(/^--zk-auth-file ".*": it holds a secret that everybody may read; /),
  ]);
});

test.each(["", "\n", "ada", ":lovelace", "ada:", "ada:love\nlace", `a:${"b".repeat(1100)}`])(
  "login file: %j is refused, and not told",
  (content) => {
    const path = file("login-bad", content);
    expect(problems({ "zk-auth-file": path })).toEqual([
      `--zk-auth-file "${path}": expected a file with user:password, both not empty, ` +
        "in one line of at most 1024 characters",
    ]);
  },
);
