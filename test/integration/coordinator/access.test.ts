import { expect, test } from "bun:test";
import { outOfTurn, type Session } from "../../../src/election/ports/coordinator.ts";
import { digestAccess } from "../../../src/zookeeper/access.ts";
import { digestCredential } from "../../../src/zookeeper/credentials.ts";
import { openAcl } from "../../../src/zookeeper/protocol/records.ts";
import type { SessionKey } from "../../../src/coordination/zookeeper/leadership/session-key.ts";
import { releaseSession } from "../../../src/coordination/zookeeper/release/session-release.ts";
import { TcpTransport } from "../../../src/zookeeper/transport/tcp-transport.ts";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { Recorder } from "../../fake/election.ts";
import { ReferenceClient } from "../zookeeper/reference-client.ts";
import { connect } from "../zookeeper/real-client.fixture.ts";
import { startServer } from "../zookeeper-server.ts";
import { abortOf, Bench, limitMs, never, sessionTimeoutMs, won } from "./bench.fixture.ts";

const bench = new Bench();
const login = digestAccess("ada", "lovelace");

/** A candidate with the login, and what it told. */
async function secured(id: string, keep?: (key: SessionKey) => void) {
  const events = new Recorder();
  const coordinator = bench.coordinator(id, events, undefined, keep, { access: login });
  return { session: await bench.opened(coordinator), events };
}

/** The warnings of one candidate. */
function warnings(events: Recorder): readonly string[] {
  return events.of("notice").flatMap(({ level, detail }) => (level === "warn" ? [detail] : []));
}

/** Leads for a moment. */
async function leads(session: Session): Promise<void> {
  const leadership = await won(session.attempt(outOfTurn, never));
  expect(leadership.mayAct()).toBe(true);
  expect(await leadership.resign(never)).toEqual({ kind: "resigned" });
}

test(
  "access: strangers read what replicas with a login wrote, and change nothing",
  async () => {
    const { session, events } = await secured("a");
    await won(session.attempt(outOfTurn, never));
    expect(warnings(events)).toEqual([]);
    const { base, leader, leaseNote, replicas } = bench.layout;
    await using reference = await ReferenceClient.start(bench.server.address.port);
    const entry = `${replicas}/${(await bench.entries())[0]}`;
    for (const path of [leader, leaseNote, entry]) {
      expect(await reference.ask("get", { path })).toMatchObject({ data: expect.any(String) });
      expect(await reference.ask("set", { path, data: "x" }).catch(String)).toContain("-102");
      expect(await reference.ask("delete", { path }).catch(String)).toContain("-102");
    }
    for (const path of [`${base}/x`, `${replicas}/x`]) {
      const creation = reference.ask("create", { path, data: "", mode: "persistent" });
      expect(await creation.catch(String)).toContain("-102");
    }
    await reference.ask("authenticate", { user: "ada", password: "wrong" });
    expect(await reference.ask("delete", { path: leader }).catch(String)).toContain("-102");
    await reference.ask("authenticate", { user: "ada", password: "lovelace" });
    await reference.ask("delete", { path: leader });
    // What stands above the service belongs to others as well.
    expect((await bench.meddler.getAcl("/coordinator")).acl).toEqual([...openAcl]);
    await reference.ask("close");
  },
  limitMs,
);

test(
  "access: a service from a time without logins goes on, one replica after the other",
  async () => {
    const plain = await bench.candidate("plain");
    await leads(plain.session);
    const { session, events } = await secured("secured");
    await leads(session);
    await leads(plain.session);

    const { base, leaseNote, replicas } = bench.layout;
    const commands = [base, leaseNote, replicas].map(
      (path) => `setAcl ${path} world:anyone:r,auth::cdr`,
    );
    const [told = "", ...more] = warnings(events);
    expect(more).toEqual([]);
    for (const command of commands) expect(told).toContain(command);

    // Done as told, whoever has no login is out, and says why.
    bench.meddler.addCredential(digestCredential("ada", "lovelace"));
    for (const path of [base, leaseNote, replicas]) await bench.meddler.setAcl(path, login.acl);
    await leads(session);
    expect(await plain.session.attempt(outOfTurn, never)).toMatchObject({
      kind: "failed",
      failure: { code: "rejected", detail: expect.stringContaining("--zk-auth-file") },
    });
    expect(warnings((await secured("late")).events)).toEqual([]);
  },
  limitMs,
);

test(
  "access: a leader whose node is taken from it stops, and says why",
  async () => {
    const { session } = await secured("a");
    const leadership = await won(session.attempt(outOfTurn, never));
    bench.meddler.addCredential(digestCredential("ada", "lovelace"));
    const { scheme, id } = { scheme: "digest", id: "eve:hash" };
    await bench.meddler.setAcl(bench.layout.leader, [{ permissions: 31, scheme, id }]);
    await abortOf(leadership.lost.signal);
    expect(leadership.mayAct()).toBe(false);
    expect(leadership.lost.failure).toMatchObject({
      code: "rejected",
      detail: expect.stringContaining("no-auth"),
    });
  },
  limitMs,
);

test(
  "access: the release of a dead replica's session takes its login",
  async () => {
    const keys: SessionKey[] = [];
    const { session } = await secured("a", (key) => keys.push(key));
    const leadership = await won(session.attempt(outOfTurn, never));
    session.abandon();
    const options = {
      servers: [bench.server.address],
      transport: new TcpTransport(),
      scheduler: new RealScheduler(),
      basePath: bench.layout.base,
      sessionTimeoutMs,
      access: login,
    };
    const released = await releaseSession(options, keys[1] as SessionKey, never);
    expect(released).toEqual({ kind: "released", epoch: leadership.epoch });
  },
  limitMs,
);

test(
  "access: servers that take no logins refuse it, and what to look at is told",
  async () => {
    const properties = ["zookeeper.DigestAuthenticationProvider.enabled=false"];
    await using server = await startServer({ properties });
    await using stranger = await connect([server]);
    expect(stranger.client.state).toBe("connected");
    const opening = await bench
      .coordinator("a", new Recorder(), undefined, undefined, {
        access: login,
        servers: [server.address],
      })
      .open(never);
    expect(opening).toMatchObject({
      kind: "failed",
      failure: { code: "rejected", detail: expect.stringContaining("scheme digest") },
    });
  },
  limitMs,
);
