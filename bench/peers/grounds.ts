import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { binary } from "../../test/integration/replica.ts";
import type { ZooKeeperServer } from "../../test/integration/zookeeper-server.ts";
import { Random } from "../../test/simulation/world/random.ts";
import { EnsembleProbe } from "../ensemble-probe.ts";
import { Stage } from "../stage.ts";
import { classPath, type Contender, contenders } from "./contender.ts";
import { EtcdServers } from "./etcd-servers.ts";

/** Curator makes its paths containers; the servers' writes to delete them are none of a round's. */
const coordinatorOptions = { properties: ["znode.container.checkIntervalMs=86400000"] };
/** What all contenders are given. */
export const sessionMs = 4_000;

/** The servers and contenders of one run. */
export class Grounds implements AsyncDisposable {
  readonly stage: Stage;
  readonly probe: EnsembleProbe;
  /** Undefined where nobody of this run needs them. */
  readonly etcd: EtcdServers | undefined;
  readonly contenders: readonly Contender[];
  readonly random: Random;
  readonly #owned: AsyncDisposableStack;

  private constructor(
    parts: Pick<Grounds, "stage" | "probe" | "etcd" | "contenders" | "random">,
    owned: AsyncDisposableStack,
  ) {
    this.stage = parts.stage;
    this.probe = parts.probe;
    this.etcd = parts.etcd;
    this.contenders = parts.contenders;
    this.random = parts.random;
    this.#owned = owned;
  }

  /** @param names of the contenders that take part */
  static async open(names: readonly string[], seed: number): Promise<Grounds> {
    await using owned = new AsyncDisposableStack();
    await forgetCached(binary);
    const stage = owned.use(await Stage.open(coordinatorOptions));
    const probe = owned.use(new EnsembleProbe(stage.servers));
    const etcd = names.includes("etcd") ? owned.use(await EtcdServers.open()) : undefined;
    const classes = stage.directory("classes");
    if (names.includes("Curator")) await compile(classes);
    const taking = contenders(classes).filter(({ name }) => names.includes(name));
    const random = new Random(seed, "bench");
    return new Grounds({ stage, probe, etcd, contenders: taking, random }, owned.move());
  }

  /** Where the servers of a contender are reached. */
  serversOf({ line }: Contender): readonly ZooKeeperServer["address"][] {
    if (line.kind !== "etcd") return this.stage.servers.map(({ address }) => address);
    return this.etcd?.addresses ?? [];
  }

  /** The number of the last commit of a contender's servers. */
  async commits({ line }: Contender): Promise<bigint> {
    if (line.kind !== "etcd") return await this.probe.zxid();
    return (await this.etcd?.raftIndex()) ?? 0n;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }
}

/**
 * Has the daemon's binary read from the disk, as the installed peers' are. What a build has just
 * written stands in the page cache in larger pieces, of which every process maps 4 MiB more.
 */
async function forgetCached(path: string): Promise<void> {
  await Bun.$`sync ${path}`.quiet();
  await Bun.$`dd if=${path} iflag=nocache count=0`.quiet();
}

async function compile(classes: string): Promise<void> {
  mkdirSync(classes, { recursive: true });
  const source = join(import.meta.dir, "CuratorLatch.java");
  await Bun.$`javac -nowarn -cp ${classPath} -d ${classes} ${source}`.quiet();
}
