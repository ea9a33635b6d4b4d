import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stepDown, type StepDownOutcome, stepDownText } from "../../src/cli/step-down/step-down.ts";
import type { Changes } from "../../src/http/changes.ts";
import { HttpServer } from "../../src/http/http-server.ts";
import { RealScheduler } from "../../src/system/real-scheduler.ts";
import { type Understood, understood } from "./command-line.fixture.ts";
import { leadersProviders } from "../fake/providers.ts";

const program = join(import.meta.dir, "../../src/main.ts");
const tokenFlag = (path: string): string => `--http-token-file=${path}`;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const accepted: Changes["stepDown"] = () => ({ kind: "accepted", epoch: 7n, restMs: 1000 });

/** A replica that answers so; its status changes with every answer, the last one stays. */
async function replica(answer: Changes["stepDown"], statuses: readonly object[]) {
  const asked: (string | null)[] = [];
  const directory = mkdtempSync("/tmp/election-step-down-");
  cleanups.push(() => rmSync(directory, { recursive: true }));
  const rest = [...statuses];
  const tokenPath = `${directory}/token`;
  writeFileSync(tokenPath, "0123456789abcdef", { mode: 0o600 });
  const server = await HttpServer.open({
    address: { kind: "tcp", host: "127.0.0.1", port: 0 },
    scheduler: new RealScheduler(),
    tokenPath,
    failed: () => undefined,
    providers: leadersProviders({
      status: () => ({ replica: { replica: "a" }, ...(rest.length > 1 ? rest.shift() : rest[0]) }),
      changes: {
        stepDown: (duration) => {
          asked.push(duration);
          return answer(duration);
        },
      },
    }),
  });
  cleanups.push(() => server[Symbol.asyncDispose]());
  const address = { kind: "tcp", host: "127.0.0.1", port: Number(server.address.split(":")[1]) };
  const ask = (path: string | null = tokenPath): Promise<StepDownOutcome> => {
    const wish = { address: address as never, rest: "1s", tokenPath: path ?? undefined };
    return stepDown(wish, new RealScheduler());
  };
  return { ask, asked, tokenPath, directory };
}

test("step-down: waits until leadership was given up and another replica leads", async () => {
  const resting = { state: "Attempter", resting: { remainingMs: 900 } };
  const { ask, asked } = await replica(accepted, [
    { state: "Leader", epoch: "7" },
    { ...resting, leader: null },
    { ...resting, leader: { replica: "b", epoch: "8" } },
  ]);
  expect(await ask()).toEqual({
    kind: "stepped-down",
    replica: "a",
    epoch: "7",
    askedMs: 1000,
    restMs: 900,
    leader: "b",
    leaderEpoch: "8",
  });
  expect(asked).toEqual(["1s"]);
});

test("step-down: says that nobody leads when nobody takes over", async () => {
  const { ask } = await replica(accepted, [{ state: "Attempter", leader: null }]);
  expect(await ask()).toMatchObject({ kind: "stepped-down", leader: null });
});

test("step-down: says that the same replica leads again when it was the only one", async () => {
  const { ask } = await replica(accepted, [
    { state: "Attempter", leader: null, resting: { remainingMs: 900 } },
    { state: "Leader", epoch: "9", leader: { replica: "a", epoch: null }, resting: null },
  ]);
  const outcome = await ask();
  expect(outcome.kind === "stepped-down" && stepDownText(outcome)).toBe(
    "a gave up epoch 7. Nobody else took over within 1 s; a leads again (epoch 9).\n",
  );
});

test.each([
  [{}, "b leads now. a does not stand for another 0.9 s."],
  [{ leader: null }, "Nobody leads: no other replica took over. a stands again in 0.9 s."],
  [{ leader: "a" }, "Nobody else took over within 5 s; a leads again (epoch 8)."],
])("step-down: tells a person who leads after %j", (more, expected) => {
  const outcome = { kind: "stepped-down", replica: "a", epoch: "7", askedMs: 5000 } as const;
  const text = stepDownText({ ...outcome, restMs: 900, leader: "b", leaderEpoch: "8", ...more });
  expect(text).toBe(`a gave up epoch 7. ${expected}\n`);
});

test("step-down: a replica that does not lead says who does", async () => {
  const leader = { replica: "b" } as never;
  const { ask } = await replica(() => ({ kind: "not-leading", leader, restMs: 0 }), [{}]);
  expect(await ask()).toEqual({ kind: "not-leading", detail: "it does not lead; b does" });
});

test("step-down: is refused without the replica's token, and the cure is a flag", async () => {
  const { ask, directory, asked } = await replica(accepted, [{}]);
  writeFileSync(`${directory}/wrong`, "fedcba9876543210");
  expect(await ask(`${directory}/wrong`)).toEqual({
    kind: "refused",
    detail: "the token of --http-token-file is another one than the replica's",
  });
  expect(await ask(null)).toEqual({
    kind: "refused",
    detail: "a token is needed: give --http-token-file=<path>, a file with the replica's token",
  });
  expect(asked).toEqual([]);
});

test("step-down: a token file that is none is wrong usage, and nobody is asked", async () => {
  const { ask, directory, asked } = await replica(accepted, [{}]);
  writeFileSync(`${directory}/short`, "short");
  for (const [name, why] of [
    ["short", "it is shorter than 16 characters"],
    ["none", "it does not exist"],
  ] as const) {
    const path = `${directory}/${name}`;
    const detail = `--http-token-file "${path}": expected a file with a token, but ${why}`;
    expect(await ask(path)).toEqual({ kind: "usage", detail });
    const child = Bun.spawn([process.execPath, program, "step-down", ":1", tokenFlag(path)], {
      stderr: "pipe",
      stdout: "ignore",
    });
    expect(await child.stderr.text()).toBe(`election: ${detail}\n`);
    expect(await child.exited).toBe(2);
  }
  expect(asked).toEqual([]);
});

function parse(...words: readonly string[]): Promise<Understood> {
  return understood(["step-down", ...words]);
}

test("step-down: takes one address, a duration and a token file", async () => {
  expect(await parse("unix:/x")).toEqual({
    kind: "step-down",
    wish: { address: { kind: "unix", path: "/x" }, rest: "30s", tokenPath: undefined },
    json: false,
  });
  expect(await parse(":1", "--for=5m", "--http-token-file=/t")).toMatchObject({
    wish: { rest: "5m", tokenPath: "/t" },
  });
  expect((await parse(":1", "--for=5")).kind).toBe("usage-error");
  expect((await parse(":1", ":2")).kind).toBe("usage-error");
  expect((await parse()).kind).toBe("usage-error");
});
