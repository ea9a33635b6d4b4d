import { expect, test } from "bun:test";
import pkg from "../../package.json" with { type: "json" };
import { program } from "../../src/cli/commands.ts";
import { refusalOf, type Understood, understood } from "./command-line.fixture.ts";

function parse(...words: readonly string[]): Promise<Understood> {
  return understood(words);
}

async function textOf(...words: readonly string[]): Promise<string> {
  const { text, kind } = await understood(words);
  return typeof text === "string" ? text : kind;
}

test.each([
  [["--zk-servers=a"]],
  [["--zk-servers", "a"]],
  [["run", "--zk-servers=a"]],
  [["--zk-servers=a", "run"]],
  [["--log-level", "info", "run", "--zk-servers", "a"]],
  [["--zk-servers=a", "--"]],
])("command line: %j runs a replica", async (words) => {
  const parsed = await parse(...words);
  const config = expect.objectContaining({
    zkServers: { servers: [{ host: "a", port: 2181 }], chroot: "" },
  }) as unknown;
  const setting = { option: "zk-servers", value: "a", source: "flag", place: null };
  expect(parsed).toMatchObject({ kind: "run", config });
  expect(parsed["settings"]).toContainEqual(setting);
});

test("command line: a value is taken as it is, equals signs and all", async () => {
  const parsed = await parse("--zk-servers=a", "--file-dir=/x=y=", "--log-level", "debug");
  expect(parsed).toMatchObject({ kind: "run", config: { fileDir: "/x=y=", logLevel: "debug" } });
});

test("command line: options may stand before exec, and what follows -- is the command's", async () => {
  const parsed = await parse("--zk-servers", "a", "--exec-raw", "exec", "--", "run", "--help");
  expect(parsed).toMatchObject({ kind: "run", command: ["run", "--help"] });
});

test("command line: a flag's value does not name a command", async () => {
  const parsed = await parse("--replica-id", "exec", "--zk-servers=a");
  expect(parsed).toMatchObject({ kind: "run", config: { replicaId: "exec" }, command: undefined });
});

test.each([
  [["help"], ["--help"]],
  [
    ["help", "exec"],
    ["exec", "--help"],
  ],
])("command line: %j shows what %j shows", async (words, flags) => {
  const parsed = await parse(...words);
  expect(parsed.kind).toBe("text");
  expect(parsed).toEqual(await parse(...flags));
});

const refused: readonly (readonly [readonly string[], string])[] = [
  [[], "--zk-servers is missing: expected it, or ELECTION_ZK_SERVERS, as <host:port,...>"],
  [["--zk-server=a"], 'unknown flag "--zk-server"; did you mean --zk-servers?'],
  [["--zk-server", "a"], 'unknown flag "--zk-server"; did you mean --zk-servers?'],
  [["--zkServers=a"], 'unknown flag "--zkServers"; did you mean --zk-servers?'],
  [["-zk-servers=a"], 'unknown flag "-zk-servers"; did you mean --zk-servers?'],
  [["-z", "a"], 'unknown flag "-z"; see --help for all flags'],
  [["-hx"], 'unknown flag "-hx"; see --help for all flags'],
  [["--no-color"], 'unknown flag "--no-color"; see --help for all flags'],
  [["--no-zk-servers"], 'unknown flag "--no-zk-servers"; did you mean --zk-servers?'],
  [["--constructor=1"], 'unknown flag "--constructor"; see --help for all flags'],
  [["--=x"], 'unknown flag "--"; see --help for all flags'],
  [["--zk-servers="], '--zk-servers "": expected a value'],
  [["--zk-servers", ""], '--zk-servers "": expected a value'],
  [["--zk-servers"], "--zk-servers: expected a value, as in --zk-servers=..."],
  [
    ["--zk-servers", "--log-level=info"],
    '--zk-servers: expected a value, but the flag "--log-level=info" follows',
  ],
  [["--zk-servers=a", "--zk-servers=b"], "--zk-servers: expected it once, but it is given twice"],
  [["--zk-servers=a", "b"], 'unexpected argument "b": expected a flag; see --help'],
  [["--zk-servers=a", ""], 'unexpected argument "": expected a flag; see --help'],
  [["--zk-servers=a", "-"], 'unexpected argument "-": expected a flag; see --help'],
  [
    ["--zk-servers=Z", "--", "echo", "hi"],
    'unexpected argument "echo" behind --: a command is run by exec: ' +
      "election exec ... -- echo hi\n",
  ],
  [
    ["exec", "--zk-servers=Z", "./work", "a b", "--verbose", "-x"],
    'unexpected argument "./work": the command goes behind --: ' +
      'election exec --zk-servers=... -- ./work "a b" --verbose -x\n',
  ],
  [
    ["exec", "echo", "1", "2", "3", "4", "5"],
    'unexpected argument "echo": the command goes behind',
  ],
  [["exec", "a", "--", "b"], 'unexpected argument "a": expected a flag; see --help'],
  [
    ["--zk-servers=a", "--zk-auth=u:p"],
    'unknown flag "--zk-auth"; a flag is seen by everybody: use --zk-auth-file, or ELECTION_ZK_AUTH\n',
  ],
  [["run", "--exec-restart=never"], 'unknown flag "--exec-restart"; it belongs to exec\n'],
  [["--with-files", "--zk-servers=a"], 'unknown flag "--with-files"; it belongs to exec\n'],
  [["status", "--for=5s"], 'unknown flag "--for"; it belongs to step-down\n'],
  [["rum"], 'unknown command "rum"; did you mean run?'],
  [["frobnicate", "--zk-servers=a"], 'unknown command "frobnicate"; see --help for all commands'],
  [["--help=yes"], '--help "yes": it takes no value'],
  [
    ["--zk-servers=a", "--storage-capacity", "-5"],
    '--storage-capacity "-5": expected a whole number from 1 to 1000000',
  ],
  [
    ["--zk-servers=a\u001b[31m,"],
    '--zk-servers "a\\u001b[31m,": expected host:port,host:port/chroot, ' +
      'but "a\\u001b[31m" is neither a host name',
  ],
];

test.each(refused)("command line: %j is refused in one line", async (words, expected) => {
  const told = await refusalOf(words);
  expect(told).toStartWith(`election: ${expected}`);
  expect(told.split("\n").length).toBe(2);
});

test.each([
  [["--help"]],
  [["-h"]],
  [["--zk-servers", "--help"]],
  [["--frobnicate", "-h", "--version"]],
])("command line: %j shows the help", async (words) => {
  expect(await textOf(...words)).toContain("USAGE election [OPTIONS]");
});

test("command line: --version is told wherever it stands", async () => {
  const version = { kind: "text", text: `election ${pkg.version}\n` } as const;
  expect(await parse("--version")).toEqual(version);
  expect(await parse("--zk-servers=a", "--version")).toEqual(version);
  expect(await parse("run", "--version")).toEqual(version);
});

test("command line: what stands behind -- is not ours", async () => {
  expect((await parse("--zk-servers=a", "--", "--help")).kind).toBe("usage-error");
});

test("help: names every option with variable and default, without colours", async () => {
  expect(await textOf("--help")).toMatchSnapshot();
});

const { commands, byDefault } = program;
test.each(commands.filter((command) => command !== byDefault).map(({ name }) => name))(
  "help: of %s",
  async (name) => {
    expect(await textOf(name, "--help")).toMatchSnapshot();
  },
);

test("help: the help of a command is its own", async () => {
  const help = await textOf("run", "--help");
  expect(help).toStartWith("Competes for leadership");
  expect(help).not.toContain("COMMANDS");
});

test("release: takes a replica's whole line, and shows only what it needs", async () => {
  const line = ["release", "--zk-servers=a", "--state-dir=/run/x", "--storage-capacity=3"];
  expect((await parse(...line)).kind).toBe("release");
  expect((await parse(...line, "--storage-capacity=x")).kind).toBe("usage-error");
  const exec = ["--exec-restart=never", "--exec-then=exit", "--exec-raw", "--with-files"];
  expect((await parse(...line, ...exec)).kind).toBe("release");
  expect((await parse(...line, "--exec-restart=x")).kind).toBe("usage-error");
  const help = await textOf("release", "--help");
  expect(help).toContain("--state-dir=");
  expect(help).not.toContain("--exec-restart");
  expect(help).not.toContain("--storage-capacity");
});
