import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { tmpdir } from "node:os";
import packageRecord from "../package.json";

/** Where figures come from; without it they mean nothing. */
export interface Machine {
  readonly date: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly fileSystem: string;
  readonly bun: string;
  readonly zookeeper: string;
  /** The versions of what is compared. */
  readonly peers: Readonly<Record<string, string>>;
  /** Runnable processes over the last minute: above `cores`, others were in our way. */
  readonly load: number;
}

export async function describeMachine(zookeeper: string, etcd?: string): Promise<Machine> {
  return {
    date: new Date().toISOString(),
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    fileSystem: (await Bun.$`stat --file-system --format=%T ${tmpdir()}`.text()).trim(),
    bun: Bun.version,
    zookeeper,
    peers: { ...(await peerVersions()), ...(etcd === undefined ? {} : { etcd }) },
    load: loadavg()[0] ?? 0,
  };
}

async function peerVersions(): Promise<Readonly<Record<string, string>>> {
  const [kazoo, curator, node, java] = await Promise.all([
    Bun.$`/usr/bin/python3 -c "import kazoo.version; print(kazoo.version.__version__)"`.text(),
    Bun.$`ls /usr/share/java`.text(),
    Bun.$`node --version`.text(),
    Bun.$`java -version 2>&1`.text(),
  ]);
  return {
    kazoo: kazoo.trim(),
    Curator: /curator-recipes-([\d.]+)\.jar/u.exec(curator)?.[1] ?? "unknown",
    "npm zookeeper": packageRecord.devDependencies.zookeeper,
    Node: node.trim().replace("v", ""),
    Java: /version "([^"]+)"/u.exec(java)?.[1] ?? "unknown",
  };
}
