import { join } from "node:path";

export const contenderNames = ["ours", "npm zookeeper", "node-zookeeper-client", "kazoo"] as const;
export type ContenderName = (typeof contenderNames)[number];

/** How a contender is started; the address of a server is put after it. */
export type Contenders = ReadonlyMap<ContenderName, (server: string) => readonly string[]>;

const root = join(import.meta.dir, "../..");
/** Where `test/set-up peers-client` puts what is in no lock file. */
const peers = join(root, "dist/peers-client");
/** Debian's own, which has Debian's packages, whatever else PATH has. */
const python = "/usr/bin/python3";

/** Makes the contenders ready. What runs under Node is bundled, because Node 20 reads no types. */
export async function prepareContenders(): Promise<Contenders> {
  const outdir = join(root, "dist/bench-client-programs");
  const built = await Bun.build({
    entrypoints: ["npm-zookeeper.ts", "node-zookeeper-client.ts"].map(inThisFolder),
    outdir,
    target: "node",
    naming: "[name].mjs",
  });
  if (!built.success) throw new AggregateError(built.logs, "the contenders could not be bundled");
  const underNode =
    (name: string, packages: string) =>
    (server: string): readonly string[] => [
      "node",
      join(outdir, `${name}.mjs`),
      server,
      join(packages, "package.json"),
    ];
  return new Map<ContenderName, (server: string) => readonly string[]>([
    ["ours", (server) => [process.execPath, inThisFolder("ours.ts"), server]],
    ["npm zookeeper", underNode("npm-zookeeper", root)],
    ["node-zookeeper-client", underNode("node-zookeeper-client", peers)],
    ["kazoo", (server) => [python, inThisFolder("kazoo-program.py"), server]],
  ]);
}

/** What is compared with what: for the report. */
export async function versionsText(): Promise<string> {
  const [node, kazoo] = await Promise.all([
    Bun.$`node --version`.text(),
    Bun.$`${python} -c ${"import kazoo.version as k, platform as p; print(k.__version__, 'under Python', p.python_version())"}`.text(),
  ]);
  return [
    `npm zookeeper ${await versionOf(root, "zookeeper")}`,
    `node-zookeeper-client ${await versionOf(peers, "node-zookeeper-client")}`,
    `both under Node ${node.trim().slice(1)}`,
    `kazoo ${kazoo.trim()}`,
  ].join(", ");
}

async function versionOf(packages: string, name: string): Promise<string> {
  const manifest: unknown = await Bun.file(
    join(packages, "node_modules", name, "package.json"),
  ).json();
  return (manifest as { version: string }).version;
}

function inThisFolder(name: string): string {
  return join(import.meta.dir, name);
}
