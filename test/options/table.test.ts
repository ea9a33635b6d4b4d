import { expect, test } from "bun:test";
import { loadConfig, loadOptions } from "../../src/options/load.ts";
import { optionsTable } from "../../src/options/markdown-table.ts";
import { durationOption, exactlyOneOf, option, parsePath } from "../../src/options/option.ts";
import { valid } from "../../src/options/parsed.ts";
import { isGiven, shownSetting } from "../../src/options/setting.ts";
import type { Check, Table } from "../../src/options/table.ts";
import { environmentOf, type Given } from "./environment.fixture.ts";

/** A table of ours: the engine knows no other. */
const roads = exactlyOneOf({
  rail: option<string>({
    flag: "rail",
    unit: "line",
    fallback: { kind: "required" },
    help: "Goes by train.",
    secret: false,
    parse: valid,
  }),
  ferry: option<number>({
    flag: "ferry",
    unit: "pier",
    fallback: { kind: "required" },
    help: "Goes by boat.",
    secret: false,
    parse: (text) => valid(Number(text)),
  }),
});
const options = {
  ...roads,
  waitMs: durationOption(
    { kind: "by-choice", texts: { rail: "10s", ferry: "1h" } },
    { flag: "wait", help: "How long to wait." },
  ),
  notes: option<string | null>({
    flag: "notes",
    unit: "path",
    fallback: { kind: "none", shown: "notes.env, where there is one" },
    help: "File with variables.",
    secret: false,
    source: { kind: "env-file", usualPath: "notes.env" },
    parse: parsePath,
  }),
} as const;
const table: Table<typeof options> = {
  options,
  checks: [],
  otherVariables: new Set(["ELECTION_PASSENGERS"]),
};

function load(flags: Readonly<Record<string, string>>, given: Given = {}) {
  return loadConfig(table, new Map(Object.entries(flags)), environmentOf(given));
}

function problems(flags: Readonly<Record<string, string>>, given: Given = {}): readonly string[] {
  const loading = load(flags, given);
  return loading.kind === "invalid" ? loading.problems : [];
}

test("table: of a choice one is given, by whatever source, and the others are null", () => {
  expect(load({ rail: "north" })).toMatchObject({ config: { rail: "north", ferry: null } });
  expect(load({}, { variables: { ELECTION_FERRY: "7" } })).toMatchObject({
    config: { rail: null, ferry: 7 },
  });
});

test("table: of a choice none, and several, are one problem each (I3)", () => {
  expect(problems({})).toEqual([
    "--rail=<line> or --ferry=<pier> is missing: expected one of them, " +
      "or ELECTION_RAIL or ELECTION_FERRY",
  ]);
  const files = { "notes.env": "ELECTION_FERRY=7" };
  expect(problems({ rail: "north" }, { files })).toEqual([
    "--rail and ELECTION_FERRY (notes.env line 1): expected one of them",
  ]);
  // A slip in a name is most likely why none is there.
  expect(problems({}, { variables: { ELECTION_FERY: "7" } })).toEqual([
    "ELECTION_FERY (the environment): unknown variable; did you mean ELECTION_FERRY?",
  ]);
});

function wanted(flags: Readonly<Record<string, string>>, field: "rail" | "waitMs") {
  return loadOptions(table, [field], new Map(Object.entries(flags)), environmentOf());
}

test("table: a choice counts where one of its options is wanted, and all of it does", () => {
  expect(wanted({ ferry: "7" }, "rail")).toMatchObject({ config: { rail: null } });
  expect(wanted({ ferry: "7", rail: "north" }, "rail")).toMatchObject({ kind: "invalid" });
  expect(wanted({}, "waitMs")).toMatchObject({ config: { waitMs: 10_000 } });
});

test("table: a choice of one is an option that is required", () => {
  const { rail } = options;
  const sole = { rail: { ...rail, fallback: { kind: "required" } } } as const;
  const alone = exactlyOneOf(sole);
  expect(alone).toEqual(sole);
  const given = { options: alone, checks: [], otherVariables: new Set<string>() };
  expect(loadConfig(given, new Map(), environmentOf())).toEqual({
    kind: "invalid",
    problems: ["--rail is missing: expected it, or ELECTION_RAIL, as <line>"],
  });
});

test("table: a default follows from the choice, and gives way to what is given", () => {
  expect(load({ rail: "north" })).toMatchObject({ config: { waitMs: 10_000 } });
  expect(load({ ferry: "7" })).toMatchObject({ config: { waitMs: 3_600_000 } });
  expect(load({ ferry: "7", wait: "5s" })).toMatchObject({ config: { waitMs: 5_000 } });
});

test("table: a setting says whether it was given, also where it equals its default", () => {
  const variables = { ELECTION_WAIT: "10s" };
  const loading = load({ rail: "north" }, { variables });
  const settings = loading.kind === "loaded" ? loading.settings : [];
  expect(settings.filter(isGiven).map((setting) => setting.option)).toEqual(["rail", "wait"]);
  expect(shownSetting(settings, "wait")).toBe('ELECTION_WAIT "10s"');
  expect(shownSetting(settings, "rail")).toBe('--rail "north"');
  expect(shownSetting(settings, "toll")).toBe("--toll");
  const untouched = load({ rail: "north" });
  expect(untouched.kind === "loaded" && shownSetting(untouched.settings, "wait")).toBe(
    "--wait 10s, the default",
  );
});

const slow: Check<{ readonly waitMs: number }> = ({ config, settings }) =>
  config.waitMs > 60_000 ? { problems: [`${shownSetting(settings, "wait")}: too long`] } : {};
const note: Check<object> = () => ({ warnings: ["mind the gap"] });
const refused: Check<object> = () => ({ problems: ["closed"] });

function waiting(wait: string): ReadonlyMap<string, string> {
  return new Map(Object.entries({ rail: "north", wait }));
}

test("table: what its checks say refuses the whole, or is a warning; more of them come behind", () => {
  const checked = { ...table, checks: [slow, note] };
  expect(loadConfig(checked, waiting("2m"), environmentOf(), [refused])).toEqual({
    kind: "invalid",
    problems: ['--wait "2m": too long'],
  });
  expect(loadConfig(checked, waiting("1s"), environmentOf(), [refused])).toMatchObject({
    problems: ["closed"],
  });
  expect(loadConfig(checked, waiting("1s"), environmentOf(), [note])).toMatchObject({
    kind: "loaded",
    warnings: ["mind the gap", "mind the gap"],
  });
});

test("table: the option that names a file of options says where it usually is", () => {
  const files = { "notes.env": "ELECTION_RAIL=north", other: "ELECTION_RAIL=south" };
  expect(load({}, { files })).toMatchObject({ config: { rail: "north", notes: "notes.env" } });
  expect(load({ notes: "other" }, { files })).toMatchObject({ config: { rail: "south" } });
  expect(problems({ rail: "north" }, { files: { "notes.env": "ELECTION_NOTES=x" } })).toEqual([
    "ELECTION_NOTES (notes.env line 1): an env file cannot name another one",
  ]);
});

test("table: a variable with our prefix that is no option is left alone where it is known", () => {
  expect(problems({ rail: "north" }, { variables: { ELECTION_PASSENGERS: "1" } })).toEqual([]);
  expect(problems({ rail: "north" }, { files: { "notes.env": "ELECTION_PASSENGERS=1" } })).toEqual([
    "ELECTION_PASSENGERS (notes.env line 1): unknown variable; see --help for all variables",
  ]);
});

test("table: choices, and defaults that follow from them, are shown with their flags", () => {
  const shown = optionsTable(options);
  expect(shown).toContain("one of `--rail`, `--ferry` is required");
  expect(shown).toContain("`10s` with `--rail`, `1h` with `--ferry`");
});
