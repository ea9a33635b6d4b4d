import * as fc from "fast-check";
import type { Question } from "../../../src/cli/command.ts";
import { parseCommandLine } from "../../../src/cli/parse-command-line.ts";
import type { ReplicaQuestion } from "../../../src/cli/run/run.ts";
import { formatDuration, longestDurationMs, parseDuration } from "../../../src/options/duration.ts";
import { parseEnvFile } from "../../../src/options/env-file.ts";
import { parseHttpAddress } from "../../../src/http/http-address.ts";
import { loadConfig } from "../../../src/options/load.ts";
import { variableOf } from "../../../src/options/option.ts";
import { options, optionTable } from "../../../src/daemon/options.ts";
import type { Parsed } from "../../../src/options/parsed.ts";
import { defaultReplicaId, parseReplicaId } from "../../../src/daemon/replica-id.ts";
import { coordinatorOptions } from "../../../src/coordination/zookeeper/options.ts";
import { checkServer, formatServer } from "../../../src/zookeeper/connection-string.ts";
import { ConnectionStringError } from "../../../src/zookeeper/connection-string.ts";
import { parseConnectionString } from "../../../src/zookeeper/connection-string.ts";
import { pathProblem } from "../../../src/zookeeper/path.ts";
import { environmentOf } from "../../options/environment.fixture.ts";
import { anyText, isObeyed, textOf } from "../hostile-texts.ts";
import { asyncTarget, hold, same, syncTarget, type Target } from "../target.ts";

/** An error line shows at most so much, whatever was given. */
const longestLine = 40_000;

const flags = Object.values(options).map(({ flag }) => flag);
const known: ReadonlySet<string> = new Set(flags);

const durationPart = fc
  .tuple(fc.constantFrom("", "0", "1", "59", "500", "1440", "86400000"), fc.nat(1_500))
  .chain(([digits, count]) =>
    fc
      .constantFrom("ns", "us", "µs", "ms", "s", "m", "h")
      .map((unit) => (count % 3 === 0 ? `${digits}.${count}${unit}` : `${digits || count}${unit}`)),
  );
const durationText = fc.oneof(
  textOf("1", "0", "10", ".5", "1.", "ns", "us", "µs", "ms", "s", "m", "h", "e"),
  fc.array(durationPart, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
);
const hostText = textOf("a", "zk1", "127.0.0.1", "256.1.1.1", "[::1]", "::1", "[", "]", "%eth0");
const serverText = fc.oneof(
  hostText,
  textOf("zk1", ":2181", ":0", ":65536", ",", "/", "/a", "[::1]", "::", "127.0.0.1", " ", "//"),
);
const pathText = textOf("/", "/a", "/election", "/zookeeper", "/.", "/..", "//", "a", "日本");
const addressText = textOf(":", "8080", "127.0.0.1", "[::1]", "[::", "unix:", "/run/a", "x.y", "]");
const envText = fc
  .array(
    textOf("A", "=", "ELECTION_ZK_SERVERS=", "export ", '"', "'", "#", " ", "\\n", "\n", "\\", "x"),
    { maxLength: 4 },
  )
  .map((lines) => lines.join("\n"));
const value = fc.oneof(durationText, serverText, pathText, addressText, anyText);

/** Everything that people write: options, durations, addresses, paths, env files. */
export const configurationTargets: readonly Target[] = [
  syncTarget("durations", 80, durationText, (text) => {
    const parsed = parsedOrNamed(parseDuration(text));
    if (parsed === undefined) return;
    hold(Number.isInteger(parsed) && parsed >= 1 && parsed <= longestDurationMs, "out of bounds");
    same(parseDuration(formatDuration(parsed)), { kind: "valid", value: parsed }, "round trip");
  }),
  syncTarget("durations, there and back", 40, fc.integer({ min: 1, max: 86_400_000 }), (ms) => {
    same(parseDuration(formatDuration(ms)), { kind: "valid", value: ms }, formatDuration(ms));
  }),
  syncTarget("connection strings", 100, serverText, checkConnectionString),
  syncTarget("addresses", 60, addressText, (text) => {
    const address = parsedOrNamed(parseHttpAddress(text));
    if (address?.kind === "unix") hold(/^\/[^\0]*[^/\0]$/.test(address.path), "a path");
    if (address?.kind !== "tcp") return;
    hold(address.port >= 0 && address.port <= 65_535 && address.host !== "", "an address");
  }),
  syncTarget("paths", 60, pathText, (text) => {
    const path = parsedOrNamed(coordinatorOptions.zkPath.parse(text, environmentOf()));
    if (path !== undefined) same([path, pathProblem(path)], [text, undefined], "what servers take");
  }),
  syncTarget("replica ids", 30, anyText, (host) => {
    parsedOrNamed(parseReplicaId(host));
    const id = defaultReplicaId(host, new Uint8Array([1, 2, 3]));
    same(parseReplicaId(id), { kind: "valid", value: id }, "the default is one");
  }),
  syncTarget("env files", 80, envText, checkEnvFile),
  syncTarget("env files, there and back", 40, fc.array(anyText, { maxLength: 4 }), (values) => {
    const lines = values.map((text, index) => `V${index}=${quote(text)}\n`).join("");
    const parsed = parseEnvFile(lines);
    const read = parsed.kind === "parsed" ? parsed.variables.map((found) => found.value) : parsed;
    same(
      read,
      values.map((text) => text.replaceAll("\r\n", "\n")),
      "round trip",
    );
  }),
  syncTarget("options", 40, givens(), checkOptions),
  asyncTarget("command lines", 40, anyWords(), checkCommandLine),
];

function checkConnectionString(text: string): void {
  try {
    const { servers, chroot } = parseConnectionString(text);
    hold(servers.length > 0, "no server");
    for (const server of servers) checkServer(server);
    hold(chroot === "" || pathProblem(chroot) === undefined, "the chroot is no path");
    const again = parseConnectionString(servers.map(formatServer).join(",") + chroot);
    same(again, { servers, chroot }, "round trip");
  } catch (error) {
    if (!(error instanceof ConnectionStringError)) throw error;
    hold(error.message.length < longestLine, "the message has no bound");
  }
}

function checkEnvFile(text: string): void {
  const lines = text.replaceAll("\r\n", "\n").split("\n").length;
  const parsed = parseEnvFile(text);
  if (parsed.kind === "invalid") {
    hold(parsed.line >= 1 && parsed.line <= lines && parsed.expected !== "", "the line is named");
    return;
  }
  let last = 0;
  for (const { name, line } of parsed.variables) {
    hold(/^[A-Za-z_][A-Za-z0-9_]*$/.test(name), "the name is one");
    hold(line > last && line <= lines, "one variable a line, in order");
    last = line;
  }
}

function givens() {
  const values = fc.dictionary(fc.constantFrom(...flags), value, { maxKeys: 4 });
  const variables = fc.dictionary(
    fc.oneof(
      fc.constantFrom(...flags.map(variableOf)),
      anyText.map((text) => `ELECTION_${text}`),
    ),
    value,
    { maxKeys: 4 },
  );
  return fc.record({ values, variables, envFile: envText });
}

function checkOptions(given: {
  readonly values: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly envFile: string;
}): void {
  const place = environmentOf({ variables: given.variables, files: { ".env": given.envFile } });
  const loading = loadConfig(optionTable, new Map(Object.entries(given.values)), place);
  if (loading.kind === "loaded") {
    for (const { option, value: shown, source } of loading.settings) {
      if (source === "flag") same(shown, given.values[option], `--${option} as it was given`);
    }
    return;
  }
  hold(loading.problems.length > 0, "no problem is told");
  for (const problem of loading.problems) checkProblem(problem);
}

/** An error says what it is about: an option, a variable, or a line of the file. */
function checkProblem(problem: string): void {
  hold(problem.length < longestLine, "the line has no bound");
  hold(/--[a-z-]+|ELECTION_|\.env line \d+/.test(problem), `nothing is named: ${problem}`);
  hold(/expected|did you mean|see --help|cannot name/.test(problem), `no cure: ${problem}`);
}

function word(): fc.Arbitrary<string> {
  const flag = fc.constantFrom(...flags, "help", "version", "no-help", "zkServers", "__proto__");
  return fc.oneof(
    fc.tuple(flag, value).map(([name, text]) => `--${name}=${text}`),
    flag.map((name) => `--${name}`),
    textOf("\u001b[2J", "\u202e", "a", ":", ",").map((text) => `--zk-servers=${text}`),
    fc.constantFrom("-h", "-", "--", "run", "-5s", "-x", "--=", "---", "--zk-servers=a"),
    value,
  );
}

/** Half of them name servers, so that nothing is missing. */
function anyWords(): fc.Arbitrary<readonly string[]> {
  return fc
    .tuple(fc.boolean(), fc.array(word(), { maxLength: 5 }))
    .map(([named, words]) => (named ? ["--zk-servers=a", ...words] : words));
}

async function checkCommandLine(words: readonly string[]): Promise<void> {
  const command = await parseCommandLine(words, environmentOf(), false);
  if (command.kind === "usage-error") {
    hold(!isObeyed(command.message), "a terminal would obey the message");
    hold(/^(?:election: .+\n)+$/.test(command.message), "one line per problem");
  }
  if (command.kind !== "task" || command.question.kind !== "run") return;
  for (const text of words) {
    const name = /^--([^=]+)/.exec(text)?.[1];
    hold(name === undefined || known.has(name), `--${name} is taken for a flag`);
  }
  const { settings } = command.question as ReplicaQuestion & Question;
  for (const { option, value: shown, source } of settings) {
    if (source !== "flag") continue;
    hold(known.has(option), "an option that there is");
    const inline = words.includes(`--${option}=${shown}`);
    const apart = words.some((text, at) => text === `--${option}` && words[at + 1] === shown);
    hold(inline || apart, `--${option} ${String(shown)} as it was given`);
  }
}

/** The value, or undefined after a look at what the reader says instead. */
function parsedOrNamed<T>(parsed: Parsed<T>): T | undefined {
  if (parsed.kind === "valid") return parsed.value;
  hold(parsed.expected !== "" && parsed.expected.length < 300, "what would have been right");
  return undefined;
}

/** As an env file writes any text. */
function quote(text: string): string {
  return `"${text.replaceAll(/["\\$]/g, "\\$&")}"`;
}
