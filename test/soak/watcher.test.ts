import { expect, test } from "bun:test";
import { SeededChoice } from "../chaos/faults/seeded-choice.ts";
import { Watcher } from "./watcher.ts";

const intervalMs = 5;
const metrics = `election_state{state="Attempter"} 1
process_resident_memory_bytes 1048576
process_open_fds 9
election_timers_pending 4
election_coordinator_requests_pending 0
`;

/** Answers as a replica, and tells when it has done so `times` more. */
function replica() {
  const asked = new Map<string, number>();
  let heard = Promise.withResolvers<void>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      asked.set(pathname, (asked.get(pathname) ?? 0) + 1);
      heard.resolve();
      heard = Promise.withResolvers();
      return new Response(pathname === "/metrics" ? metrics : "{}");
    },
  });
  const untilAsked = async (path: string, times: number): Promise<void> => {
    while ((asked.get(path) ?? 0) < times) await heard.promise;
  };
  return { server, address: `127.0.0.1:${server.port}`, untilAsked };
}

test("soak: a watcher samples, asks the other pages, and begins anew with a new process", async () => {
  const { server, address, untilAsked } = replica();
  const watched = { id: "a", address, pid: 1, mayBeAway: false };
  const watcher = new Watcher([watched], new SeededChoice(1), intervalMs);
  await untilAsked("/livez", 2);
  watched.pid = 2;
  await untilAsked("/livez", 4);
  await watcher[Symbol.asyncDispose]();
  await server.stop(true);
  expect(watcher.series.map(({ id, pid }) => [id, pid])).toEqual([
    ["a", 1],
    ["a", 2],
  ]);
  for (const { samples } of watcher.series) expect(samples.length).toBeGreaterThan(4);
  expect(watcher.vanished).toBeGreaterThan(20);
  expect(watcher.memoryText()).toBe("a 1.0 MiB");
  expect(watcher.problems).toEqual([]);
});

test("soak: no answer is a problem, unless the replica may be away", async () => {
  const { server, address, untilAsked } = replica();
  // A port that nobody listens on any more.
  const gone = replica();
  await gone.server.stop(true);
  const watched = [
    { id: "a", address, pid: 1, mayBeAway: false },
    { id: "b", address: gone.address, pid: 2, mayBeAway: false },
    { id: "c", address: gone.address, pid: 3, mayBeAway: true },
  ];
  const watcher = new Watcher(watched, new SeededChoice(1), intervalMs);
  await untilAsked("/livez", 2);
  await watcher[Symbol.asyncDispose]();
  await server.stop(true);
  expect(watcher.series.map(({ id }) => id)).toEqual(["a"]);
  expect(watcher.problems.length).toBeGreaterThan(1);
  for (const problem of watcher.problems) expect(problem).toStartWith("b gave no answer: ");
});
