import { temporaryDirectory } from "../../integration/replica.ts";
import { startEnsemble, type ZooKeeperServer } from "../../integration/zookeeper-server.ts";
import { Contender, type Outfit } from "./contender.ts";
import { type LeadersDuty, overlappingCommands } from "./exec-duty.ts";
import { LandingLog } from "../judge/landing-log.ts";
import { LeaderNodeLog } from "../judge/leader-node-log.ts";
import { Network } from "./network.ts";
import { Directories } from "./directories.ts";
import { capacity, ids, path, paceMs, sessionMs, syncLimit, tickMs } from "../judge/terms.ts";
import { judge, type Verdict } from "../judge/verdict.ts";

const flags = [
  `--zk-path=${path}`,
  `--session-timeout=${sessionMs}ms`,
  `--leader-timeout=${paceMs}ms`,
  `--storage-capacity=${capacity}`,
  "--attempter-timeout=1s",
  "--failover-timeout=200ms",
  // Nobody shall exit because a fault lasts.
  "--failover-attempts-count=100000",
];

/** Servers, replicas, their directory, and the observers of one run: all that faults can strike. */
export class Arena implements AsyncDisposable {
  readonly network: Network;
  readonly servers: readonly ZooKeeperServer[];
  readonly directory: Directories;
  readonly files: LandingLog;
  readonly node: LeaderNodeLog;
  readonly contenders: readonly Contender[];
  readonly duty: LeadersDuty;
  readonly keepsake: string;
  readonly #stack: AsyncDisposableStack;
  #outfit: Outfit = { stateDir: "none", disk: "sound" };

  private constructor(
    parts: Pick<
      Arena,
      "network" | "servers" | "directory" | "files" | "node" | "contenders" | "duty" | "keepsake"
    >,
    stack: AsyncDisposableStack,
  ) {
    this.network = parts.network;
    this.servers = parts.servers;
    this.directory = parts.directory;
    this.files = parts.files;
    this.node = parts.node;
    this.contenders = parts.contenders;
    this.duty = parts.duty;
    this.keepsake = parts.keepsake;
    this.#stack = stack;
  }

  /**
   * Only within namespaces of our own: see in-namespaces.
   *
   * @param flagsOf more flags for a replica
   * @param program what the replicas run instead of the project's binary
   */
  static async open(
    flagsOf: (id: string) => readonly string[] = () => [],
    program?: string,
    duty: LeadersDuty = "files",
  ): Promise<Arena> {
    await using stack = new AsyncDisposableStack();
    const network = new Network(ids.length);
    const { seats } = network;
    const options = { tickTimeMs: tickMs, config: [`syncLimit=${syncLimit}`], seats };
    const servers = await startEnsemble(seats.length, options);
    for (const server of servers) stack.use(server);
    const directory = stack.use(new Directories(ids));
    const files = stack.use(new LandingLog(...directory.paths));
    const node = stack.use(new LeaderNodeLog(servers, path));
    const keepsake = stack.use(temporaryDirectory()).path;
    const contenders: Contender[] = [];
    for (const id of ids) {
      const fileDir = directory.windowOf(id);
      const own = { id, fileDir, flags: [...flags, ...flagsOf(id)], keepsake, program, duty };
      contenders.push(stack.use(await Contender.start(own, servers)));
    }
    const parts = { network, servers, directory, files, node, contenders, duty, keepsake };
    return new Arena(parts, stack.move());
  }

  /** The replica that wrote the last file. */
  get leader(): Contender {
    for (const { replica } of this.files.landings.toReversed()) {
      const leader = this.contenders.find(({ id }) => id === replica);
      if (leader !== undefined) return leader;
    }
    throw new Error("nobody has led yet");
  }

  get outfit(): Outfit {
    return this.#outfit;
  }

  /** Starts all replicas anew with `outfit`; false when they have it already. */
  async equip(outfit: Outfit): Promise<boolean> {
    const { stateDir, disk } = this.#outfit;
    if (outfit.stateDir === stateDir && outfit.disk === disk) return false;
    this.#outfit = outfit;
    await Promise.all(
      this.contenders.map(async (contender) => {
        await contender.end("SIGTERM");
        contender.wear(outfit);
        contender.restart();
      }),
    );
    return true;
  }

  /** The processes of replicas and servers that run now. */
  get pids(): readonly number[] {
    return [...this.contenders, ...this.servers].flatMap(({ pid }) => pid ?? []);
  }

  /** Commands that were started while another one lived, since the beginning, as sentences. */
  get overlappingCommands(): readonly string[] {
    return overlappingCommands(this.keepsake);
  }

  /** Files come, and every replica stands in line; false when this does not happen in time. */
  async settles(limitMs: number): Promise<boolean> {
    const from = performance.now();
    const deadline = from + limitMs;
    if ((await this.files.next(from, limitMs)) === undefined) return false;
    while (performance.now() < deadline) {
      if (this.node.hasLine(this.contenders.length, from)) return true;
      await Bun.sleep(20);
    }
    return false;
  }

  /** Whether every server takes part in the ensemble. */
  async isWhole(limitMs: number): Promise<boolean> {
    const deadline = performance.now() + limitMs;
    while (performance.now() < deadline) {
      const modes = await Promise.all(this.servers.map((server) => server.mode()));
      if (modes.every((mode) => mode !== undefined)) return true;
      await Bun.sleep(50);
    }
    return false;
  }

  verdict(): Verdict {
    return judge({
      landings: this.files.landings,
      sightings: this.node.sightings,
      // A command that is dead in time writes nothing late, whoever was stopped.
      pauses: this.duty === "exec" ? [] : this.contenders.flatMap(({ pauses }) => pauses),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}
