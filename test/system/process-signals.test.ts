import { expect, test } from "bun:test";
import type { ForwardedSignal } from "../../src/exec/options.ts";
import { listenToSignals } from "../../src/system/process-signals.ts";

/** What we make of a signal that we send ourselves. */
async function heard(
  signal: ForwardedSignal,
  forwarded: readonly ForwardedSignal[],
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  using _signals = listenToSignals(
    {
      stop: () => resolve("stop"),
      stopAtOnce: () => resolve("stop at once"),
      stepDown: () => resolve("step down"),
      reload: () => resolve("reload"),
      meansNothing: (meant) => resolve(`${meant} means nothing`),
      passOn: (meant) => resolve(`${meant} is passed on`),
    },
    forwarded,
  );
  process.kill(process.pid, signal);
  return await promise;
}

test.each([
  ["SIGUSR1", [], "step down"],
  ["SIGUSR2", [], "SIGUSR2 means nothing"],
  ["SIGHUP", [], "reload"],
  ["SIGUSR2", ["SIGUSR1"], "SIGUSR2 means nothing"],
  ["SIGUSR1", ["SIGUSR1", "SIGUSR2"], "SIGUSR1 is passed on"],
  ["SIGUSR2", ["SIGUSR2"], "SIGUSR2 is passed on"],
  ["SIGHUP", ["SIGHUP"], "SIGHUP is passed on"],
] as const)("signals: %s, where %j are passed on: %s", async (signal, forwarded, what) => {
  expect(await heard(signal, forwarded)).toBe(what);
});

test("signals: nobody listens any more when nobody wants to know", async () => {
  const before = process.listenerCount("SIGUSR2");
  await heard("SIGUSR2", []);
  expect(process.listenerCount("SIGUSR2")).toBe(before);
});
