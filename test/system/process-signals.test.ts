import { expect, test } from "bun:test";
import { join } from "node:path";
import type { ForwardedSignal } from "../../src/exec/options.ts";
import { ProcessSignals, type SignalHandlers } from "../../src/system/process-signals.ts";

function handlers(told: (what: string) => void): SignalHandlers<ForwardedSignal> {
  return {
    stop: (signal) => told(`${signal} stops`),
    stopAtOnce: (signal, code) => told(`${signal} stops at once with ${code}`),
    stepDown: () => told("step down"),
    reload: () => told("reload"),
    meansNothing: (meant) => told(`${meant} means nothing`),
    passOn: (meant) => told(`${meant} is passed on`),
  };
}

/** What we make of a signal that we send ourselves. */
async function heard(
  signal: ForwardedSignal,
  forwarded: readonly ForwardedSignal[],
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  using signals = new ProcessSignals(forwarded);
  signals.deliverTo(handlers(resolve));
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

/** Sends ourselves a signal, and waits until it is there. */
async function arrival(signal: NodeJS.Signals): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once(signal, () => resolve());
  process.kill(process.pid, signal);
  await promise;
}

test("signals: what comes during the start is told once there is somebody to tell", async () => {
  using signals = new ProcessSignals<ForwardedSignal>(["SIGUSR1"]);
  for (const signal of ["SIGHUP", "SIGTERM", "SIGUSR1"] as const) {
    await arrival(signal);
  }
  const told: string[] = [];
  signals.deliverTo(handlers((what) => told.push(what)));
  expect(told).toEqual(["reload", "SIGTERM stops", "SIGUSR1 is passed on"]);
  await arrival("SIGINT");
  expect(told.at(-1)).toBe("SIGINT stops at once with 130");
});

test("signals: a second stop ends a start that hangs", async () => {
  const script = `
    import { ProcessSignals } from "${join(import.meta.dir, "../../src/system/process-signals.ts")}";
    new ProcessSignals();
    console.log("caught");
    setInterval(() => undefined, 1_000);
  `;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
  for await (const _line of child.stdout) break;
  child.kill("SIGTERM");
  await Bun.sleep(200);
  expect(child.exitCode).toBeNull();
  child.kill("SIGTERM");
  expect(await child.exited).toBe(143);
}, 30_000);
