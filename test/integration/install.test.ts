import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AnyOption, variableOf } from "../../src/options/option.ts";
import { options } from "../../src/daemon/options.ts";
import { temporaryDirectory } from "./replica.ts";

const root = join(import.meta.dir, "../..");
const limitMs = 60_000;
let directory: ReturnType<typeof temporaryDirectory>;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(() => {
  directory[Symbol.dispose]();
});

/** Runs a target into the directory, as a packager would, and gives what it printed. */
function make(target: "install" | "uninstall", ...variables: readonly string[]): string {
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, ...env } = process.env;
  const { exitCode, stdout, stderr } = Bun.spawnSync(
    ["make", "--no-print-directory", target, `DESTDIR=${directory.path}`, ...variables],
    { cwd: root, env: env },
  );
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}

/** The files there, with their modes. */
function tree(): readonly string[] {
  return readdirSync(directory.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => {
      const mode = (statSync(path).mode & 0o7777).toString(8);
      return `${mode} ${path.slice(directory.path.length)}`;
    })
    .toSorted();
}

function read(path: string): string {
  return readFileSync(join(directory.path, path), "utf8");
}

const settings = "etc/election/election.env";

test(
  "install: puts everything below DESTDIR, and uninstall leaves nothing",
  () => {
    make("install");
    expect(tree()).toEqual([
      "640 /etc/election/election.env",
      "644 /usr/local/lib/systemd/system/election.service",
      "644 /usr/local/lib/systemd/system/election@.service",
      "644 /usr/local/lib/systemd/system/election@.service.d/instance.conf",
      "644 /usr/local/lib/sysusers.d/election.conf",
      "644 /usr/local/share/doc/election/LICENSE",
      "644 /usr/local/share/doc/election/election-exec.conf",
      "644 /usr/local/share/doc/election/election.env",
      "644 /usr/local/share/doc/election/systemd.md",
      "755 /usr/local/bin/election",
    ]);
    // As they are in the repository, because these are the default places.
    const unit = readFileSync(join(root, "deploy/election.service"), "utf8");
    expect(read("usr/local/lib/systemd/system/election.service")).toBe(unit);
    expect(read("usr/local/lib/systemd/system/election@.service")).toBe(unit);
    make("uninstall");
    expect(tree()).toEqual([]);
    expect(readdirSync(join(directory.path, "etc"))).toEqual([]);
    expect(readdirSync(join(directory.path, "usr/local/lib/systemd/system"))).toEqual([]);
    // A second time there is nothing to do.
    make("uninstall");
  },
  limitMs,
);

test(
  "install: PREFIX and SYSCONFDIR are what the units speak of",
  () => {
    make("install", "PREFIX=/opt/e", "SYSCONFDIR=/opt/e/etc", "UNITDIR=/usr/lib/systemd/system");
    const [unit, drop] = [
      read("usr/lib/systemd/system/election@.service"),
      read("usr/lib/systemd/system/election@.service.d/instance.conf"),
    ];
    expect(unit).toContain("\nExecStart=/opt/e/bin/election run\n");
    expect(unit).toContain("\nExecStopPost=-/opt/e/bin/election release\n");
    expect(unit).toContain("\nEnvironmentFile=-/opt/e/etc/election/election.env\n");
    expect(drop).toContain("\nEnvironmentFile=-/opt/e/etc/election/%i.env\n");
    const example = read("opt/e/share/doc/election/election-exec.conf");
    expect(example).toContain("\nExecStart=\nExecStart=/opt/e/bin/election exec -- ");
    expect(`${unit}${drop}${example}`).not.toMatch(/=-?\/(?:usr\/local|etc)\//);
    expect(tree()).toContain("640 /opt/e/etc/election/election.env");
  },
  limitMs,
);

test(
  "install: settings that were changed survive a second install and the uninstall",
  () => {
    make("install");
    const changed = "ELECTION_ZK_SERVERS=zk1:2181\n";
    writeFileSync(join(directory.path, settings), changed);
    make("install");
    expect(read(settings)).toBe(changed);
    expect(make("uninstall")).toContain(`kept, because it was changed: ${directory.path}/etc`);
    expect(tree()).toEqual(["640 /etc/election/election.env"]);
    expect(read(settings)).toBe(changed);
  },
  limitMs,
);

/** The variables of ours that a file of deploy/ names, and what it sets them to. */
function named(file: string): readonly (readonly [name: string, value: string])[] {
  const text = readFileSync(join(root, "deploy", file), "utf8");
  const found = [...text.matchAll(/^#?(?:Environment=)?(ELECTION_\w+)=(.*)$/gm)];
  expect(found.length).toBeGreaterThan(0);
  return found.map(([, name = "", value = ""]) => [name, value]);
}

test("deploy: names variables that the program knows, with the defaults that it has", () => {
  const table: readonly AnyOption[] = Object.values(options);
  const known = new Map(
    table.map(({ flag, fallback }) => [
      variableOf(flag),
      fallback.kind === "text" ? fallback.text : undefined,
    ]),
  );
  const units = ["election.service", "election@.service.d/instance.conf", "election-exec.conf"];
  const all = ["election.env", ...units];
  for (const [name] of all.flatMap(named)) expect([...known.keys()]).toContain(name);
  for (const [name, value] of ["election.env", "election-exec.conf"].flatMap(named)) {
    expect(`${name}=${known.get(name) ?? value}`).toBe(`${name}=${value}`);
  }
});
