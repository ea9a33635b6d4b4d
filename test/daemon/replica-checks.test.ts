import { expect, test } from "bun:test";
import { refusalOf, understood } from "../cli/command-line.fixture.ts";
import type { Given } from "../options/environment.fixture.ts";

function withServers([command = "run", ...rest]: readonly string[]): readonly string[] {
  return [command, "--zk-servers=a", ...rest];
}

async function refusal(words: readonly string[], given?: Given): Promise<string> {
  return await refusalOf(withServers(words), given);
}

async function warnings(words: readonly string[], given?: Given): Promise<unknown> {
  const parsed = await understood(withServers(words), given);
  expect(parsed.kind).toBe("run");
  return parsed["warnings"];
}

const arithmetic =
  "expected at most 533ms with a session timeout of 2s: a lease of 1.333s, less 500ms until it " +
  "is renewed, 200ms for the answer and 100ms to die; or a longer --session-timeout\n";

test("replica: a stop timeout without room is told as it was given, and a default as one", async () => {
  const line = ["exec", "--session-timeout=2s"];
  expect(await refusal([...line, "--", "work"])).toBe(
    `election: --exec-stop-timeout 2s, the default: ${arithmetic}`,
  );
  expect(await refusal([...line, "--exec-stop-timeout=5000ms", "--", "work"])).toBe(
    `election: --exec-stop-timeout "5000ms": ${arithmetic}`,
  );
  const variables = { ELECTION_EXEC_STOP_TIMEOUT: "5s" };
  expect(await refusal([...line, "--", "work"], { variables })).toBe(
    `election: ELECTION_EXEC_STOP_TIMEOUT "5s": ${arithmetic}`,
  );
  const files = { ".env": "ELECTION_EXEC_STOP_TIMEOUT=5s" };
  expect(await refusal(["run", "--session-timeout=2s", "--on-elected=x"], { files })).toBe(
    `election: ELECTION_EXEC_STOP_TIMEOUT (.env line 1) "5s": ${arithmetic}`,
  );
  expect(await refusal(["run", "--session-timeout=2s"])).toBe("run");
});

test("replica: by default, and with commands, nothing is doubted", async () => {
  expect(await warnings(["run"])).toEqual([]);
  const hooks = ["--on-elected=x", "--on-lost=x"];
  expect(await warnings(["exec", ...hooks, "--http-address=:0", "--", "work"])).toEqual([]);
});

test("replica: a stop that does not wait for on-lost is told at the start", async () => {
  const flags = ["--stop-timeout=1s", "--hook-timeout=3s"];
  expect(await warnings(["run", ...flags, "--on-lost=sleep 2"])).toEqual([
    '--stop-timeout "1s": too short for --on-lost, so a stop may exit with 70: expected at least ' +
      "5.5s, 3s of --hook-timeout and 2.5s to end it",
  ]);
  expect(await warnings(["run", ...flags])).toEqual([]);
});

function never(then: string, restart: string): readonly string[] {
  return [`--exec-then "${then}": never applies with --exec-restart ${restart}`];
}

test("replica: what to do after a command that always starts again never applies", async () => {
  expect(await warnings(["exec", "--exec-then=exit", "--", "work"])).toEqual(
    never("exit", "always, the default"),
  );
  const always = ["exec", "--exec-restart=always", "--exec-then=resign", "--", "work"];
  expect(await warnings(always)).toEqual(never("resign", '"always"'));
  const once = ["exec", "--exec-restart=never", "--exec-then=exit", "--", "work"];
  expect(await warnings(once)).toEqual([]);
  // A replica that writes files has no command to restart.
  expect(await warnings(["run"], { variables: { ELECTION_EXEC_THEN: "exit" } })).toEqual([]);
});

test("replica: a token without an address is for nobody", async () => {
  expect(await warnings(["run", "--http-token-file=/t"])).toEqual([
    '--http-token-file "/t": has no effect without --http-address',
  ]);
  expect(await warnings(["run", "--http-token-file=/t", "--http-address=:0"])).toEqual([]);
});
