import { expect, test } from "bun:test";
import { leaseTimingOf } from "../../src/coordination/zookeeper/lease-timing.ts";
import { grantedTimings } from "../../src/daemon/granted-timings.ts";
import { optionTable } from "../../src/daemon/options.ts";
import { LiveConfig } from "../../src/options/live.ts";
import { loadConfig } from "../../src/options/load.ts";
import { environmentOf } from "../options/environment.fixture.ts";

const connected = { kind: "connection", change: "connected", detail: "", facts: [] } as const;

class Desk {
  readonly lines: string[] = [];
  readonly coordination = { timing: leaseTimingOf(10_000) };
  readonly #judge;

  constructor(command: readonly string[] | undefined) {
    const flags = new Map([["zk-servers", "a"]]);
    const loaded = loadConfig(optionTable, flags, environmentOf({}));
    if (loaded.kind === "invalid") throw new Error(loaded.problems.join());
    const live = new LiveConfig(optionTable.options, loaded, () => loaded);
    const log = { write: (level: string, _event: string, text: string) => this.#say(level, text) };
    this.#judge = grantedTimings({ command }, live, this.coordination, log);
  }

  grant(sessionTimeoutMs: number): void {
    this.coordination.timing = leaseTimingOf(sessionTimeoutMs);
    this.#judge.observe(connected);
  }

  #say(level: string, text: string): void {
    this.lines.push(`${level} ${text}`);
  }
}

test("granted timings: each verdict is told once, and again when the grant changes", () => {
  const desk = new Desk(["work"]);
  desk.grant(10_000);
  expect(desk.lines).toEqual([]);
  desk.grant(4_000);
  desk.grant(4_000);
  expect(desk.lines).toEqual([
    "warn --exec-stop-timeout 2s, the default: a command gets 1.066s to end, for a session " +
      "timeout of 4s is granted: a lease of 2.666s, less 1s until it is renewed, 400ms for the " +
      "answer and 200ms to die; let the servers grant a longer one for more",
  ]);
  desk.grant(200);
  expect(desk.lines[1]).toContain("leaves a command no time to end");
  desk.grant(10_000);
  expect(desk.lines.slice(2)).toEqual(["info what is granted now leaves commands the time to end"]);
});

test("granted timings: without a command under the lease there is nothing to judge", () => {
  const desk = new Desk(undefined);
  desk.grant(200);
  expect(desk.lines).toEqual([]);
});
