import { expect, test } from "bun:test";
import { Glob, YAML } from "bun";
import { join } from "node:path";
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
      else if (event !== "kind" && event !== "event.kind") unclear.push(`${path}: ${call}`);
    }
  }
  // `emit` itself passes on what `write` was given.
  expect(unclear).toEqual(["src/telemetry/log.ts: this.#emit(level, event,"]);
  const observer = await textOf("src/election/observer.ts");
  const kinds = [...observer.matchAll(/readonly kind: "([a-z-]+)"/g)]
    .map((match) => match[1] ?? "")
    .filter((kind) => kind !== "leader-seen");
  expect(kinds.length).toBeGreaterThan(10);
  const all = [...new Set([...written, ...kinds])].toSorted();
  expect(rowsBelow("Log events").toSorted()).toEqual(all);
});

test("operation: every reason of a transition is told, and none besides", async () => {
  const types = `${await textOf("src/election/failure.ts")}${await textOf("src/election/reason.ts")}`;
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
