import { expect, test } from "bun:test";
import { Glob, YAML } from "bun";
import { join } from "node:path";
import {
  failoverBounds,
  longestExpiryLagMs,
} from "../src/coordination/zookeeper/failover-bounds.ts";
import { metricsText } from "./telemetry/metrics-text.ts";

const root = join(import.meta.dir, "..");
const textOf = (path: string): Promise<string> => Bun.file(join(root, path)).text();
const operation = await textOf("docs/operation.md");

/** The code words that begin the rows of the table below a heading. */
function rowsBelow(heading: string): readonly string[] {
  const from = operation.indexOf(`\n## ${heading}\n`);
  const section = operation.slice(from + 1, operation.indexOf("\n## ", from + 1));
  return [...section.matchAll(/^\| `([\w-]+)` +\|/gm)].map((match) => match[1] ?? "");
}

test("operation: every event of the log is told, and none besides", async () => {
  const written: string[] = [];
  const unclear: string[] = [];
  for (const path of new Glob("src/**/*.ts").scanSync({ cwd: root })) {
    const text = await textOf(path);
    const calls = text.matchAll(/(?:[lL]og\.write|this\.#emit)\(\s*([^,()]+),\s*([^,()]+),/g);
    for (const [call, , event = ""] of calls) {
      const name = /^"([a-z-]+)"$/.exec(event)?.[1];
      if (name !== undefined) written.push(name);
      // The kinds of the election's events stand in observer.ts.
      else if (event !== "kind") unclear.push(`${path}: ${call}`);
    }
  }
  // `emit` itself passes on what `write` was given.
  expect(unclear).toEqual(["src/telemetry/log/log.ts: this.#emit(level, event,"]);
  const observer = await textOf("src/election/ports/observer.ts");
  const kinds = [...observer.matchAll(/readonly kind: "([a-z-]+)"/g)]
    .map((match) => match[1] ?? "")
    .filter((kind) => kind !== "leader-seen");
  expect(kinds.length).toBeGreaterThan(10);
  const all = [...new Set([...written, ...kinds])].toSorted();
  expect(rowsBelow("Log events").toSorted()).toEqual(all);
});

test("operation: every reason of a transition is told, and none besides", async () => {
  const types = await textOf("src/election/failure.ts");
  const unions = [...types.matchAll(/export type (?:FailureCode|Reason) =([^;]+);/g)];
  const reasons = unions.flatMap(([, union = ""]) =>
    [...union.matchAll(/"([a-z-]+)"/g)].map((match) => match[1] ?? ""),
  );
  expect(unions.length).toBe(2);
  expect(rowsBelow("Reasons").toSorted()).toEqual(reasons.toSorted());
});

test("operation: every metric is told with its type, and none besides", async () => {
  const types = [...(await metricsText()).matchAll(/^# TYPE (\w+) (\w+)/gm)];
  expect(types.length).toBeGreaterThan(10);
  expect(rowsBelow("Metrics").toSorted()).toEqual(types.map(([, name = ""]) => name).toSorted());
  for (const [, name, type] of types) {
    expect(operation).toMatch(new RegExp(`^\\| \`${name}\` +\\| ${type} +\\|`, "m"));
  }
});

test("operation: every alert is explained, and none besides", async () => {
  const { groups } = YAML.parse(await textOf("deploy/alerts.yml")) as {
    readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
  };
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  expect(alerts.length).toBeGreaterThan(5);
  expect(rowsBelow("Alerts").toSorted()).toEqual(alerts.toSorted());
});

/** The rows of the sizing examples: what `election check` was asked, and what it answered. */
function sizingExamples() {
  const rows = [...operation.matchAll(/^\|(?<asked>[^|]+)\|(?<bounds>(?: +[\d,]+ ms +\|){4})$/gm)];
  return rows.map(({ groups = {} }) => {
    const { asked = "", bounds = "" } = groups;
    const number = (pattern: RegExp): number | undefined => {
      const text = pattern.exec(asked)?.[1];
      return text === undefined ? undefined : Number(text);
    };
    const seconds = number(/: (\d+) s are granted/) ?? number(/^ (\d+) s/) ?? 0;
    return {
      sessionTimeoutMs: seconds * 1000,
      tickMs: (number(/, ([\d.]+) s/) ?? 0) * 1000,
      attempterTimeoutMs: (number(/attempter-timeout=(\d+)s/) ?? 10) * 1000,
      dutyEndMs: asked.includes("on-lost") ? 3000 + 2000 + 200 : 0,
      shownMs: bounds.match(/[\d,]+/g)?.map((text) => Number(text.replaceAll(",", ""))) ?? [],
    };
  });
}

test("operation: the examples of sizing are what the code reckons, and its commits", () => {
  const examples = sizingExamples();
  expect(examples.length).toBe(7);
  for (const { tickMs, shownMs, ...settings } of examples) {
    const expiryLagMs = longestExpiryLagMs(settings.sessionTimeoutMs, tickMs);
    const bounds = failoverBounds({ ...settings, expiryLagMs, stopTimeoutMs: 8000 });
    // Two commits for a hand-over, one for the others, as they were measured: the same in a row.
    const [two = 0, ...ones] = bounds.map(({ ms }, index) => (shownMs[index] ?? 0) - ms);
    const [one = 0] = ones;
    expect(one).toBeGreaterThan(0);
    expect(ones).toEqual([one, one, one]);
    expect(Math.abs(two - 2 * one)).toBeLessThanOrEqual(1);
  }
});
