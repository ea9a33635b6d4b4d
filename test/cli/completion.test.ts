import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { completionFor } from "../../src/cli/completion/completion.ts";
import { type Shell, shells } from "../../src/cli/completion/shell.ts";
import { flagsOf } from "../../src/cli/command.ts";
import { program } from "../../src/cli/commands.ts";
import { refusalOf } from "./command-line.fixture.ts";

const { commands } = program;

function scriptFor(shell: Shell): string {
  return completionFor(shell, program);
}

/** What bash offers at the end of a line, which it has split into words as it does. */
function offered(...words: readonly string[]): readonly string[] {
  const script = `${scriptFor("bash")}
    compopt() { printf '%s ' compopt "$@"; printf '\\n'; }
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _election; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const ran = Bun.spawnSync(["bash", "-c", script, "bash", "election", ...words]);
  expect(ran.stderr.toString()).toBe("");
  return ran.stdout.toString().split("\n").filter(Boolean);
}

test("completion: bash completes the commands", () => {
  expect(offered("")).toEqual(commands.map(({ name }) => name));
  expect(offered("st")).toEqual(["status", "step-down"]);
});

test("completion: bash completes the flags of each command, and no other's", () => {
  for (const command of commands) {
    const flags = Object.keys(flagsOf(command)).map((name) => `--${name}`);
    expect(offered(command.name, "--")).toEqual(flags);
  }
  expect(offered("--zk-tls-c")).toEqual(["--zk-tls-ca", "--zk-tls-cert"]);
  expect(offered("status", "--exec")).toEqual([]);
});

test("completion: bash completes values, behind the flag and behind its equals sign", () => {
  const levels = ["error", "warn", "info", "debug", "trace"];
  expect(offered("--log-level", "")).toEqual(levels);
  expect(offered("run", "--log-level", "=")).toEqual(levels);
  expect(offered("exec", "--log-level", "=", "de")).toEqual(["debug"]);
  expect(offered("completion", "")).toEqual([...shells]);
  // Nothing of ours: bash offers the names of files.
  expect(offered("--file-dir", "")).toEqual([]);
  expect(offered("exec", "--", "--")).toEqual([]);
});

test("completion: bash completes a list of signals, also behind a comma", () => {
  const signals = ["SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];
  expect(offered("exec", "--exec-forward", "=")).toEqual(signals);
  expect(offered("exec", "--exec-forward", "=", "SIGU")).toEqual(["SIGUSR1", "SIGUSR2"]);
  expect(offered("exec", "--exec-forward", "SIGHUP,SIGQ")).toEqual(["SIGHUP,SIGQUIT"]);
});

test("completion: a path of ZooKeeper is no file", () => {
  expect(offered("--zk-path", "")).toEqual(["compopt +o bashdefault +o default "]);
  expect(scriptFor("zsh")).toMatch(/'--zk-path=\[[^\]]*\]:path: '/);
  expect(scriptFor("fish")).toMatch(/-l zk-path -d '[^']*' -x$/m);
});

test.each(["zsh", "fish"] as const)("completion: %s is told of every command and flag", (shell) => {
  const script = scriptFor(shell);
  for (const command of commands) {
    expect(script).toContain(command.description);
    for (const name of Object.keys(flagsOf(command))) {
      expect(script).toContain(shell === "zsh" ? `'--${name}` : `-l ${name} `);
    }
  }
});

test.each(shells.filter((shell) => Bun.which(shell) !== null))(
  "completion: %s understands its script",
  async (shell) => {
    const directory = mkdtempSync("/tmp/election-completion-");
    const path = `${directory}/script`;
    await Bun.write(path, scriptFor(shell));
    const checked = Bun.spawnSync([shell, "-n", path]);
    expect([checked.exitCode, checked.stderr.toString()]).toEqual([0, ""]);
    rmSync(directory, { recursive: true });
  },
);

async function parse(...words: readonly string[]): Promise<string> {
  return await refusalOf(["completion", ...words]);
}

test("completion: takes a shell that it knows", async () => {
  expect(await parse("fish")).toBe("completion");
  expect(await parse()).toBe("election: the shell is missing: expected bash, zsh or fish\n");
  expect(await parse("tcsh")).toBe('election: shell "tcsh": expected bash, zsh or fish\n');
});
