import { expect, test } from "bun:test";
import { YAML } from "bun";
import { existsSync } from "node:fs";
import { join } from "node:path";
import pkg from "../package.json" with { type: "json" };
import { options } from "../src/daemon/options.ts";
import { parseDuration } from "../src/options/duration.ts";
import { variableOf } from "../src/options/option.ts";
import { metricsText } from "./telemetry/metrics-text.ts";

const root = join(import.meta.dir, "..");
const textOf = (path: string): Promise<string> => Bun.file(join(root, path)).text();
const dockerfile = await textOf("Dockerfile");
const compose = YAML.parse(await textOf("compose.yml")) as {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};
const replica = compose.services["election"] ?? {};

function milliseconds(text: string): number {
  const duration = parseDuration(text);
  if (duration.kind !== "valid") throw new Error(`no duration: ${text}`);
  return duration.value;
}

function stopTimeoutMs(): number {
  const { fallback } = options.stopTimeoutMs;
  return milliseconds(fallback.kind === "text" ? fallback.text : "");
}

test("image: is built by the pinned Bun, and says the version of the package", () => {
  expect(dockerfile).toContain(`FROM oven/${pkg.packageManager.replace("@", ":")} AS build\n`);
  expect(dockerfile).toContain(`org.opencontainers.image.version="${pkg.version}"`);
});

test("image and compose: every variable that they set is one of ours", () => {
  const known = Object.values(options).map(({ flag }) => variableOf(flag));
  const environment = Object.keys(replica["environment"] as object);
  const set = [...dockerfile.matchAll(/\b(ELECTION_\w+)=/g)].map((match) => match[1] ?? "");
  expect(set.length).toBeGreaterThan(0);
  for (const name of [...set, ...environment]) expect(known).toContain(name);
});

test("compose: a replica gets longer to stop than it takes at most", () => {
  expect(milliseconds(String(replica["stop_grace_period"]))).toBeGreaterThan(stopTimeoutMs());
});

test("compose: every service is hardened, and no port is open to other hosts", () => {
  for (const [name, service] of Object.entries(compose.services)) {
    expect([name, service["cap_drop"]]).toEqual([name, ["ALL"]]);
    expect([name, service["security_opt"]]).toEqual([name, ["no-new-privileges:true"]]);
    const ports = (service["ports"] ?? []) as readonly string[];
    expect(ports.filter((port) => !port.startsWith("127.0.0.1:"))).toEqual([]);
  }
  expect(replica["read_only"]).toBe(true);
});

test("compose: every file of the repository that it mounts is there", () => {
  const mounted = Object.values(compose.services)
    .flatMap((service) => (service["volumes"] ?? []) as readonly string[])
    .filter((volume) => volume.startsWith("./"))
    .map((volume) => volume.split(":")[0] ?? "");
  expect(mounted.length).toBeGreaterThan(0);
  for (const path of mounted) expect([path, existsSync(join(root, path))]).toEqual([path, true]);
});

test("systemd: a unit that runs a command stops it in order, and has the time for it", async () => {
  const [unit, drop] = [
    await textOf("deploy/election.service"),
    await textOf("deploy/election-exec.conf"),
  ];
  // By default systemd would signal the command together with the replica.
  expect(unit).toMatch(/^KillMode=mixed$/m);
  // A second ExecStart= beside the unit's is refused, so the unit's goes first; and no flag is one
  // that ExecStopPost= does not know.
  expect(drop).toMatch(/^ExecStart=\nExecStart=\S+\/election exec -- \S+$/m);
  const grace = /^TimeoutStopSec=(\S+)$/m.exec(drop)?.[1] ?? "";
  expect(milliseconds(grace)).toBeGreaterThan(stopTimeoutMs());
});

test("bill of materials: names what is bundled, and nothing of development", async () => {
  const { stdout, exitCode } = Bun.spawnSync([process.execPath, "deploy/sbom.ts"], { cwd: root });
  expect(exitCode).toBe(0);
  const { components } = JSON.parse(stdout.toString()) as {
    readonly components: readonly { readonly name: string; readonly version: string }[];
  };
  const bundled = await Bun.build({
    entrypoints: [join(root, "src/main.ts")],
    target: "bun",
    metafile: true,
  });
  const packages = Object.keys(bundled.metafile?.inputs ?? {})
    .map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1])
    .filter((name) => name !== undefined);
  expect(new Set(packages).size).toBeGreaterThan(2);
  expect(components.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["bun", ...new Set(packages)]),
  );
  const development = Object.keys(pkg.devDependencies);
  expect(components.filter(({ name }) => development.includes(name))).toEqual([]);
});

test("dashboard and alerts: every metric that they ask for is one of ours", async () => {
  const names = [...(await metricsText()).matchAll(/^# TYPE (\w+)/gm)].map(
    (match) => match[1] ?? "",
  );
  for (const path of ["deploy/alerts.yml", "deploy/grafana/dashboards/election.json"]) {
    const asked = [...(await textOf(path)).matchAll(/\b((?:election|process)_\w+)/g)].map((match) =>
      (match[1] ?? "").replace(/_bucket$/, ""),
    );
    expect(asked.length).toBeGreaterThan(5);
    for (const name of asked) expect(names).toContain(name);
  }
});
