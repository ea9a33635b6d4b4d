import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Debian's package `zookeeper` puts these here. */
const jarDirectory = "/usr/share/java";
const jars = [
  "zookeeper",
  "zookeeper-jute",
  "slf4j-api",
  "slf4j-simple",
  "netty-all",
  "netty-buffer",
  "netty-codec",
  "netty-common",
  "netty-handler",
  "netty-resolver",
  "netty-transport",
  "netty-transport-native-epoll",
  "netty-transport-native-unix-common",
  "snappy-java",
  "metrics-core",
  "jackson-core",
  "jackson-databind",
  "jackson-annotations",
  "commons-cli",
  "commons-io",
  "commons-lang3",
  "jline2",
];

/** Even a test process that is killed leaves no server behind, where the system can see to it. */
const dieWithUs = existsSync("/usr/bin/setpriv") ? ["setpriv", "--pdeathsig", "KILL"] : [];

const readyWithinMs = 30_000;
const host = "127.0.0.1";

export interface ServerOptions {
  /** The servers' clock unit. The shortest session is two of them. */
  readonly tickTimeMs?: number;
  /** More lines for zoo.cfg. */
  readonly config?: readonly string[];
  /** More `-D` flags, without the `-D`. */
  readonly properties?: readonly string[];
  /** What its heap may grow to; enough for a few thousand nodes and watches without it. */
  readonly heapMiB?: number;
  /** Has a standalone server speak TLS too, on `secureAddress`, to whoever its authority signed. */
  readonly tls?: { readonly keyStore: string; readonly trustStore: string };
  /** Where the members of an ensemble run; on free ports of the loopback interface without it. */
  readonly seats?: readonly Seat[];
  /**
   * Where a member of an ensemble without seats finds the port at which another one leads: at a
   * relay, for example. Votes do not pass here.
   */
  readonly wire?: (from: number, to: number, port: number) => Promise<number>;
}

/** A place of its own for a server, a network namespace for example, where all ports are free. */
export interface Seat {
  /** The address that clients reach it at. */
  readonly clientHost: string;
  /** The address that the other servers reach it at. */
  readonly peerHost: string;
  /** The program, with arguments, that starts another program there. */
  readonly command: readonly string[];
}

/** A real ZooKeeper server of this test's own, on a free port of the loopback interface. */
export interface ZooKeeperServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** Where it speaks TLS; undefined where it does not. */
  readonly secureAddress: { readonly host: string; readonly port: number } | undefined;
  /** The process of the running server; undefined while it is stopped. */
  readonly pid: number | undefined;
  /** Resolves once the process is gone, unless the signal only stops or continues it. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends the process; its data stays. */
  stop(): Promise<void>;
  /** Starts it again on the same data and port, and waits until it serves. */
  restart(): Promise<void>;
  /** Deletes the data of a stopped server. */
  wipe(): void;
  /** "leader", "follower" or "standalone"; undefined while it does not serve. */
  mode(): Promise<string | undefined>;
}

/** Starts a standalone server and waits until it serves. */
export async function startServer(options: ServerOptions = {}): Promise<ZooKeeperServer> {
  const [port = 0, securePort = 0] = await freePorts(2);
  const secureAddress = options.tls && { host, port: securePort };
  const server = new JavaServer(1, { host, port }, [], options, secureAddress);
  await startAll([server]);
  return server;
}

/** Starts an ensemble and waits until all of its members serve. */
export async function startEnsemble(
  size: number,
  options: ServerOptions = {},
): Promise<readonly ZooKeeperServer[]> {
  const members = Array.from({ length: size }, (_, index) => index + 1);
  if (options.seats !== undefined) {
    const { seats } = options;
    const lines = seats.map(({ peerHost }, index) => `server.${index + 1}=${peerHost}:2888:3888`);
    const servers = seats.map(({ clientHost }, index) => {
      const address = { host: clientHost, port: 2181 };
      return new JavaServer(index + 1, address, lines, options);
    });
    await startAll(servers);
    return servers;
  }
  const ports = await freePorts(size * 3);
  const { wire = (_from, _to, port) => Promise.resolve(port) } = options;
  const lineSeenBy = async (from: number, id: number): Promise<string> => {
    const [peer = 0, election] = [ports[size + id - 1], ports[size * 2 + id - 1]];
    return `server.${id}=${host}:${from === id ? peer : await wire(from, id, peer)}:${election}`;
  };
  const servers = await Promise.all(
    members.map(async (id) => {
      const lines = await Promise.all(members.map((other) => lineSeenBy(id, other)));
      return new JavaServer(id, { host, port: ports[id - 1] ?? 0 }, lines, options);
    }),
  );
  await startAll(servers);
  return servers;
}

async function startAll(servers: readonly JavaServer[]): Promise<void> {
  try {
    await Promise.all(servers.map((server) => server.restart()));
  } catch (error) {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    throw error;
  }
}

class JavaServer implements ZooKeeperServer {
  readonly address: { readonly host: string; readonly port: number };
  readonly secureAddress: ZooKeeperServer["secureAddress"];
  readonly #directory = mkdtempSync(join(tmpdir(), "zookeeper-server-"));
  readonly #id: number;
  readonly #properties: readonly string[];
  readonly #heapMiB: number;
  readonly #command: readonly string[];
  #process: ChildProcess | undefined;
  readonly #clearAtExit = (): void => {
    this.#process?.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  };

  constructor(
    id: number,
    address: ZooKeeperServer["address"],
    members: readonly string[],
    options: ServerOptions,
    secureAddress?: ZooKeeperServer["address"],
  ) {
    this.#id = id;
    this.address = address;
    this.secureAddress = secureAddress;
    this.#properties = options.properties ?? [];
    this.#heapMiB = options.heapMiB ?? 96;
    this.#command = options.seats?.[id - 1]?.command ?? [];
    const config = [
      `tickTime=${options.tickTimeMs ?? 500}`,
      "initLimit=20",
      "syncLimit=10",
      `dataDir=${this.#data}`,
      `clientPort=${address.port}`,
      `clientPortAddress=${address.host}`,
      "maxClientCnxns=0",
      "admin.enableServer=false",
      "4lw.commands.whitelist=*",
      "forceSync=no",
      ...members,
      ...(options.tls && secureAddress ? tlsConfig(options.tls, secureAddress) : []),
      ...(options.config ?? []),
    ];
    writeFileSync(join(this.#directory, "zoo.cfg"), `${config.join("\n")}\n`);
    this.#prepareData();
    process.on("exit", this.#clearAtExit);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    running.kill(signal);
    if (signal === "SIGSTOP" || signal === "SIGCONT") return;
    await gone(running);
    if (this.#process === running) this.#process = undefined;
  }

  stop(): Promise<void> {
    return this.kill("SIGKILL");
  }

  async restart(): Promise<void> {
    await this.stop();
    const log = openSync(this.#log, "a");
    const [program = "java", ...parts] = [
      ...dieWithUs,
      ...this.#command,
      "java",
      ...this.#arguments(),
    ];
    // A process group of its own: Ctrl-C is for the replicas, which need their servers to resign.
    this.#process = spawn(program, parts, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    // Without a listener a missing program would end the whole test process.
    this.#process.on("error", () => undefined);
    await this.#serving();
  }

  wipe(): void {
    if (this.#process !== undefined) throw new Error("a running server cannot be wiped");
    rmSync(this.#data, { recursive: true });
    this.#prepareData();
  }

  async mode(): Promise<string | undefined> {
    const answer = await ask(this.address, "srvr");
    return /^Mode: (?<mode>\w+)/mu.exec(answer)?.groups?.["mode"];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    process.off("exit", this.#clearAtExit);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#directory, "data");
  }

  get #log(): string {
    return join(this.#directory, "server.log");
  }

  #prepareData(): void {
    mkdirSync(this.#data);
    writeFileSync(join(this.#data, "myid"), `${this.#id}\n`);
  }

  #arguments(): string[] {
    const classpath = jars.map((jar) => join(jarDirectory, `${jar}.jar`)).filter(existsSync);
    if (!classpath[0]?.endsWith("/zookeeper.jar")) {
      throw new Error(`no ${jarDirectory}/zookeeper.jar: apt-get install libzookeeper-java`);
    }
    const properties = ["zookeeper.extendedTypesEnabled=true", ...this.#properties];
    return [
      `-Xmx${this.#heapMiB}m`,
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      ...properties.map((property) => `-D${property}`),
      "-cp",
      classpath.join(":"),
      "org.apache.zookeeper.server.quorum.QuorumPeerMain",
      join(this.#directory, "zoo.cfg"),
    ];
  }

  async #serving(): Promise<void> {
    const deadline = performance.now() + readyWithinMs;
    while (performance.now() < deadline) {
      if (this.#process?.pid === undefined) {
        throw new Error("java did not start: apt-get install libzookeeper-java");
      }
      if (this.#process.exitCode !== null) break;
      if ((await this.mode()) !== undefined) return;
      await Bun.sleep(50);
    }
    const log = readFileSync(this.#log, "utf8").slice(-2_000);
    throw new Error(`the ZooKeeper server on port ${this.address.port} does not serve:\n${log}`);
  }
}

/** Only Netty's server speaks TLS. PEM files are taken as they are, by their ending. */
function tlsConfig(
  { keyStore, trustStore }: NonNullable<ServerOptions["tls"]>,
  secureAddress: ZooKeeperServer["address"],
): readonly string[] {
  return [
    "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
    `secureClientPort=${secureAddress.port}`,
    `secureClientPortAddress=${secureAddress.host}`,
    `ssl.keyStore.location=${keyStore}`,
    `ssl.trustStore.location=${trustStore}`,
  ];
}

/** Asks a four-letter word; the answer is empty when there is none. */
function ask(address: ZooKeeperServer["address"], word: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(address);
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on("connect", () => socket.write(word));
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer));
  });
}

function gone(running: ChildProcess): Promise<void> {
  if (running.exitCode !== null || running.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    running.once("exit", () => resolve());
  });
}

/** Below what the kernel gives to outgoing connections, which would take a freed port away. */
const firstPort = 20_000;
const lastPort = 31_999;

/** All are bound at once, so that they differ. */
async function freePorts(count: number): Promise<readonly number[]> {
  const probes = await Promise.all(Array.from({ length: count }, () => probe()));
  await Promise.all(probes.map(({ release }) => release()));
  return probes.map(({ port }) => port);
}

interface Probe {
  readonly port: number;
  readonly release: () => Promise<void>;
}

async function probe(): Promise<Probe> {
  for (;;) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort));
    const bound = await bind(port);
    if (bound !== undefined) return bound;
  }
}

function bind(port: number): Promise<Probe | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(undefined));
    server.listen(port, host, () => {
      resolve({ port, release: () => closed(server) });
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
