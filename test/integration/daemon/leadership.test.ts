import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { ObservedDirectory } from "../observed-directory.ts";
import { firstLeader, Replica, temporaryDirectory } from "../replica.ts";
import { startEnsemble, type ZooKeeperServer } from "../zookeeper-server.ts";

const limitMs = 120_000;
let ensemble: readonly ZooKeeperServer[] = [];
let service = 0;

beforeAll(async () => {
  ensemble = await startEnsemble(3);
}, limitMs);

afterAll(async () => {
  await Promise.all(ensemble.map((server) => server[Symbol.asyncDispose]()));
});

/** Three replicas on one directory, under a path of their own, one of which leads. */
class Fleet implements AsyncDisposable {
  readonly replicas: Replica[] = [];
  readonly #directory = temporaryDirectory();
  readonly files = new ObservedDirectory(this.#directory.path);
  readonly #flags: readonly string[];

  constructor(...flags: readonly string[]) {
    service += 1;
    this.#flags = [
      `--zk-path=/fleets/number-${service}`,
      "--leader-timeout=200ms",
      "--session-timeout=2s",
      "--attempter-timeout=3s",
      "--storage-capacity=5",
      ...flags,
    ];
    for (const id of ["a", "b", "c"]) this.start(id);
  }

  get path(): string {
    return this.#directory.path;
  }

  start(id: string): Replica {
    const servers = ensemble.map(({ address }) => `${address.host}:${address.port}`).join(",");
    const replica = new Replica({ servers, id, fileDir: this.path, flags: this.#flags });
    this.replicas.push(replica);
    return replica;
  }

  /** The leader, once a file of its shows that it acts and the others stand in line. */
  async leader(): Promise<Replica> {
    const leader = await firstLeader(this.replicas);
    await leader.writes();
    const others = this.replicas.filter((replica) => replica !== leader);
    await Promise.all(
      others.map((replica) => replica.line("follows", (line) => line["leader"] === leader.id)),
    );
    // Once the first in line has read the leader's node, its renewals are observed.
    await Bun.sleep(700);
    return leader;
  }

  async successorOf(leader: Replica): Promise<Replica> {
    return await firstLeader(this.replicas.filter((replica) => replica !== leader));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica[Symbol.asyncDispose]()));
    this.files[Symbol.dispose]();
    this.#directory[Symbol.dispose]();
  }
}

test(
  "daemon: of three replicas one leads, writes at its pace, and keeps the capacity",
  async () => {
    await using fleet = new Fleet();
    const leader = await fleet.leader();
    const first = await fleet.files.landing("first file", () => true);
    await fleet.files.landing("tenth file", ({ name }) => name.endsWith("-0000000010.json"));
    const last = await fleet.files.next("another file");
    expect(fleet.files.landings.every(({ replica }) => replica === leader.id)).toBe(true);
    const paceMs = (last.at - first.at) / (fleet.files.landings.length - 1);
    expect(paceMs).toBeGreaterThan(150);
    expect(paceMs).toBeLessThan(400);
    expect(
      readdirSync(fleet.path).filter((name) => name.endsWith(".json")).length,
    ).toBeLessThanOrEqual(6);
    for (const replica of fleet.replicas) {
      expect(replica.edges).toEqual(
        replica === leader
          ? ["Init>Attempter:ready", "Attempter>Leader:elected"]
          : ["Init>Attempter:ready"],
      );
    }
  },
  limitMs,
);

test(
  "daemon: SIGTERM hands over at once, and the old leader exits with 0",
  async () => {
    await using fleet = new Fleet();
    const leader = await fleet.leader();
    const epoch = fleet.files.landings.at(-1)?.epoch ?? 0n;
    const askedAt = performance.now();
    leader.kill("SIGTERM");
    const landing = await fleet.files.landing("successor's file", (file) => file.epoch > epoch);
    // Typically some 20 ms; without the line and the release it would be seconds.
    expect(landing.at - askedAt).toBeLessThan(1000);
    expect(await leader.exited).toBe(0);
    expect(leader.lines.at(-1)).toMatchObject({ event: "exit", code: 0 });
    const successor = await fleet.successorOf(leader);
    expect(landing.replica).toBe(successor.id);
    expect(successor.lines.some(({ event }) => event === "waiting-out")).toBe(false);
    expect(fleet.files.epochsRise).toBe(true);
  },
  limitMs,
);

test(
  "daemon: after kill -9 the first in line leads once the session has run out",
  async () => {
    await using fleet = new Fleet();
    const leader = await fleet.leader();
    leader.kill("SIGKILL");
    expect(await leader.exited).toBe(-9);
    const successor = await fleet.successorOf(leader);
    const landing = await successor.writes();
    expect(fleet.files.epochsRise).toBe(true);
    expect(landing["epoch"]).not.toBe(leader.lines.at(-1)?.["epoch"]);
    // The lease was over before the session ran out, so nothing was left to wait for.
    expect(successor.lines.some(({ event }) => event === "waiting-out")).toBe(false);
  },
  limitMs,
);

test(
  "daemon: a leader stopped by SIGSTOP writes nothing after it wakes, and stands again",
  async () => {
    await using fleet = new Fleet();
    const leader = await fleet.leader();
    leader.kill("SIGSTOP");
    const stoppedAt = leader.lines.length;
    const successor = await fleet.successorOf(leader);
    await successor.writes();
    const epoch = fleet.files.landings.at(-1)?.epoch ?? 0n;
    leader.kill("SIGCONT");
    await leader.enters("Attempter", stoppedAt);
    await fleet.files.next("file of the successor");
    expect(fleet.files.epochsRise).toBe(true);
    // On a starved machine somebody may have taken over from the successor by now: that is lawful.
    const its = fleet.files.landings.filter((landing) => landing.epoch === epoch);
    expect(new Set(its.map(({ replica }) => replica))).toEqual(new Set([successor.id]));
    expect(leader.edges.slice(2, 5)).toEqual([
      expect.stringMatching(/^Leader>Failover:(lease-ended|session-lost)$/),
      "Failover>Init:repaired",
      "Init>Attempter:ready",
    ]);
  },
  limitMs,
);

test(
  "daemon: SIGUSR1 makes room, and the replica goes to the end of the line",
  async () => {
    await using fleet = new Fleet("--log-level=debug");
    const leader = await fleet.leader();
    const before = leader.lines.length;
    leader.kill("SIGUSR1");
    const successor = await fleet.successorOf(leader);
    await successor.writes();
    const place = await leader.line("stands in line", ({ event }) => event === "standing", before);
    expect(place).toMatchObject({ position: 3, size: 3 });
    expect(leader.edges.at(-1)).toBe("Leader>Attempter:step-down");
    expect(fleet.files.epochsRise).toBe(true);
    successor.kill("SIGUSR1");
    const third = await firstLeader(
      fleet.replicas.filter((replica) => replica !== leader && replica !== successor),
    );
    await third.writes();
  },
  limitMs,
);

test(
  "daemon: SIGUSR1 does nothing to a replica that does not lead, and SIGUSR2 to none",
  async () => {
    await using fleet = new Fleet();
    const leader = await fleet.leader();
    const [other] = fleet.replicas.filter((replica) => replica !== leader);
    other?.kill("SIGUSR1");
    await other?.line("says so", ({ msg }) => msg.includes("not leading"));
    other?.kill("SIGUSR2");
    await other?.line(
      "warns",
      ({ msg }) => msg === "SIGUSR2 means nothing here; SIGUSR1 steps down",
    );
    await fleet.files.next("file");
    expect(other?.edges).toEqual(["Init>Attempter:ready"]);
  },
  limitMs,
);

test(
  "daemon: without a quorum leadership ends, and comes back with it",
  async () => {
    await using fleet = new Fleet("--failover-attempts-count=1000", "--failover-timeout=200ms");
    const leader = await fleet.leader();
    const before = leader.lines.length;
    const [first, second] = ensemble;
    await Promise.all([first?.stop(), second?.stop()]);
    try {
      await Promise.all(fleet.replicas.map((replica) => replica.enters("Failover")));
      const failedOver = fleet.replicas.map(({ lines }) => lines.length);
      expect(leader.lines.slice(before).some(({ event }) => event === "file-written")).toBe(true);
      const epoch = fleet.files.landings.at(-1)?.epoch ?? 0n;
      await Promise.all([first?.restart(), second?.restart()]);
      await fleet.files.landing("file of a new leader", (landing) => landing.epoch > epoch);
      await Promise.all(
        fleet.replicas.map((replica, index) => replica.enters("Attempter", failedOver[index])),
      );
      expect(fleet.files.epochsRise).toBe(true);
    } finally {
      const stopped = ensemble.filter(({ pid }) => pid === undefined);
      await Promise.all(stopped.map((server) => server.restart()));
    }
  },
  limitMs,
);
