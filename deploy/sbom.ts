import { join } from "node:path";

/**
 * Prints a software bill of materials of the binary: Bun, and the packages that are bundled, as
 * bun.lock pins them. The same lock file gives the same bytes: neither time nor chance is in it.
 * Source: CycloneDX 1.6, JSON.
 */

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly packageManager: string;
}

interface Lock {
  readonly workspaces: {
    readonly "": { readonly dependencies: Readonly<Record<string, string>> };
  };
  /** By name: name@version, registry, what it needs, and the hash of its archive. */
  readonly packages: Readonly<
    Record<string, readonly [string, string, { readonly dependencies?: object }, string]>
  >;
}

const root = join(import.meta.dir, "..");
const manifest = (await Bun.file(join(root, "package.json")).json()) as Manifest;
const lock = Bun.JSONC.parse(await Bun.file(join(root, "bun.lock")).text()) as Lock;

process.stdout.write(`${JSON.stringify(await billOfMaterials(), null, 2)}\n`);

async function billOfMaterials(): Promise<object> {
  const direct = Object.keys(lock.workspaces[""].dependencies);
  const names = bundled(direct);
  const runtime = manifest.packageManager;
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": "election",
        name: manifest.name,
        version: manifest.version,
        description: manifest.description,
        licenses: [{ license: { id: manifest.license } }],
      },
    },
    components: [
      { ...component(runtime, "platform"), licenses: [{ license: { id: "MIT" } }] },
      ...(await Promise.all(names.map(library))),
    ],
    dependencies: [
      { ref: "election", dependsOn: [runtime, ...direct.map((name) => entry(name)[0])] },
      ...names.map((name) => ({
        ref: entry(name)[0],
        dependsOn: needed(name).map((other) => entry(other)[0]),
      })),
    ],
  };
}

/** The packages that `names` need, themselves among them, by name. */
function bundled(names: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...needed(name));
  }
  return [...found].toSorted();
}

function needed(name: string): readonly string[] {
  return Object.keys(entry(name)[2].dependencies ?? {});
}

function entry(name: string): Lock["packages"][string] {
  const found = lock.packages[name];
  if (found === undefined) throw new Error(`bun.lock does not pin ${name}`);
  return found;
}

async function library(name: string): Promise<object> {
  const [pinned, , , integrity] = entry(name);
  const installed = Bun.file(join(root, "node_modules", name, "package.json"));
  const { license } = (await installed.json()) as Partial<Manifest>;
  return {
    ...component(pinned, "library"),
    hashes: [
      {
        alg: "SHA-512",
        content: Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex"),
      },
    ],
    ...(license === undefined ? {} : { licenses: [{ license: { id: license } }] }),
  };
}

/** A package of the npm registry, by `name@version`. Source: package-url, type npm. */
function component(pinned: string, type: string): object {
  const at = pinned.lastIndexOf("@");
  const [name, version] = [pinned.slice(0, at), pinned.slice(at + 1)];
  return { type, "bom-ref": pinned, name, version, purl: `pkg:npm/${purlName(name)}@${version}` };
}

/** The sign before a scope is escaped, and the slash behind it is not. */
function purlName(name: string): string {
  return name.replace(/^@/, "%40");
}
