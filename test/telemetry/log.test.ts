import { expect, test } from "bun:test";
import { ElectionLog } from "../../src/telemetry/log/election-log.ts";
import { levelled } from "../../src/telemetry/log/log-entry.ts";
import { LineWriter } from "../../src/telemetry/log/line-writer.ts";
import { Log, type LogOptions } from "../../src/telemetry/log/log.ts";
import { Present } from "../../src/telemetry/status/present.ts";
import { FakeScheduler } from "../fake/scheduler.ts";
import { life } from "./fixture.ts";

function logTo(lines: string[], options: Partial<LogOptions> = {}) {
  const scheduler = new FakeScheduler();
  const present = new Present(scheduler);
  const write = (bytes: Uint8Array): number => {
    lines.push(Buffer.from(bytes).toString());
    return bytes.length;
  };
  const log = new Log({
    scheduler,
    writer: new LineWriter({ scheduler, write, pause: () => undefined }),
    level: "trace",
    format: "json",
    colours: false,
    journal: false,
    replica: "me",
    state: () => present.state,
    ...options,
  });
  return { log, present };
}

function told(options: Partial<LogOptions>): readonly string[] {
  const lines: string[] = [];
  const { log, present } = logTo(lines, options);
  const electionLog = new ElectionLog(log);
  for (const event of life) {
    present.observe(event);
    electionLog.observe(event);
  }
  return lines;
}

test("log: every event is one JSON line, exactly so", () => {
  const lines = told({});
  for (const line of lines) {
    expect(line).toEndWith("}\n");
    expect(Object.keys(JSON.parse(line) as object).slice(0, 5)).toEqual([
      "time",
      "level",
      "state",
      "replica",
      "event",
    ]);
  }
  expect(lines.join("")).toMatchSnapshot();
});

test("log: the pretty form is one line too, with nothing that a terminal obeys", () => {
  const lines = told({ format: "pretty" });
  expect(lines.join("")).toMatchSnapshot();
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  for (const line of lines) expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
});

test("log: colours only paint; without them the line is the same", () => {
  const plain = told({ format: "pretty" });
  const painted = told({ format: "pretty", colours: true });
  expect(painted.join("")).not.toBe(plain.join(""));
  expect(Bun.stripANSI(painted.join(""))).toBe(plain.join(""));
});

test.each([
  ["error", 1],
  ["warn", 8],
  ["info", 17],
  ["debug", 23],
  ["trace", 25],
] as const)("log: level %s writes so many lines of a life: %d", (level, count) => {
  expect(told({ level }).length).toBe(count);
});

test("log: a line that repeats is written every time, even when the wall clock jumps back", () => {
  const lines: string[] = [];
  const { log } = logTo(lines);
  for (let index = 0; index < 50; index += 1) log.write("info", "same", "again");
  expect(lines.length).toBe(50);
});

test("log: a field cannot pass for one of the line's own, and a long text is cut", () => {
  const lines: string[] = [];
  logTo(lines).log.write("info", "x", "m".repeat(10_000), { level: "fake", big: 2n ** 63n });
  const line = JSON.parse(lines[0] ?? "") as Record<string, string>;
  expect(line["level"]).toBe("info");
  expect(line["big"]).toBe("9223372036854775808");
  expect(line["msg"]?.length).toBe(4099);
});

test("log: for the journal every line says its level in front, and is the same behind it", () => {
  const plain = told({});
  const lines = told({ journal: true });
  const priorities = { error: 3, warn: 4, info: 6, debug: 7, trace: 7 };
  const expected = plain.map((line) => {
    const { level } = JSON.parse(line) as { level: keyof typeof priorities };
    return `<${priorities[level]}>${line}`;
  });
  expect(lines).toEqual(expected);
});

test("journal level: one for each line, and for nothing else", () => {
  expect(levelled("error", "a\nb\n")).toBe("<3>a\n<3>b\n");
  expect(levelled("warn", "a\u2028b\rc")).toBe("<4>a\u2028b\rc");
});
