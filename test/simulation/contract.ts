import { expect } from "bun:test";
import type { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import { MultiError, ZooKeeperError } from "../../src/zookeeper/errors.ts";

/** What the model of the ensemble and real servers must agree on. */
export interface ContractStage {
  /** A client with a session of its own, connected. */
  readonly connect: () => Promise<ZooKeeperClient>;
  /** Ends a client in order. */
  readonly close: (client: ZooKeeperClient) => Promise<void>;
}

export interface ContractClause {
  readonly name: string;
  readonly check: (stage: ContractStage) => Promise<void>;
}

const nothing = new Uint8Array();
const never = new AbortController().signal;

function codeOf(error: unknown): string {
  if (error instanceof ZooKeeperError) return error.code;
  throw error;
}

export const contract: readonly ContractClause[] = [
  {
    name: "all parts of a multi share one zxid, and a failed one changes nothing",
    check: async ({ connect, close }) => {
      const client = await connect();
      await client.create("/multi", nothing);
      const [made, set] = await client.multi([
        { kind: "create", path: "/multi/a", data: nothing, mode: "ephemeral" },
        { kind: "set", path: "/multi", data: new Uint8Array([1]), version: 0 },
      ]);
      const { stat } = await client.exists("/multi/a");
      expect(made?.kind).toBe("created");
      expect(set?.stat?.mzxid).toBe(stat?.czxid ?? 0n);
      expect(stat?.ephemeralOwner).toBe(client.sessionId);
      const refused = await client
        .multi([
          { kind: "delete", path: "/multi/a" },
          { kind: "set", path: "/multi", data: nothing, version: 0 },
          { kind: "create", path: "/multi/b", data: nothing },
        ])
        .catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(MultiError);
      expect(refused).toMatchObject({ index: 1, code: "bad-version" });
      expect((await client.getChildren("/multi")).children).toEqual(["a"]);
      await close(client);
    },
  },
  {
    name: "errors are the same: no node, node exists, bad version, not empty, ephemeral parent",
    check: async ({ connect, close }) => {
      const client = await connect();
      expect(await client.getData("/errors").catch(codeOf)).toBe("no-node");
      await client.create("/errors", nothing);
      expect(await client.create("/errors", nothing).catch(codeOf)).toBe("node-exists");
      expect(await client.setData("/errors", nothing, { version: 7 }).catch(codeOf)).toBe(
        "bad-version",
      );
      await client.create("/errors/child", nothing, { mode: "ephemeral" });
      expect(await client.delete("/errors").catch(codeOf)).toBe("not-empty");
      expect(await client.create("/errors/child/x", nothing).catch(codeOf)).toBe(
        "no-children-for-ephemerals",
      );
      expect(await client.create("/none/child", nothing).catch(codeOf)).toBe("no-node");
      await close(client);
    },
  },
  {
    name: "sequential names count what was created, and versions what was set",
    check: async ({ connect, close }) => {
      const client = await connect();
      await client.create("/line", nothing);
      const first = await client.create("/line/r-", nothing, { mode: "ephemeral-sequential" });
      await client.delete(first.path);
      const second = await client.create("/line/r-", nothing, { mode: "ephemeral-sequential" });
      expect([first.path, second.path]).toEqual(["/line/r-0000000000", "/line/r-0000000001"]);
      const { stat } = await client.exists("/line");
      expect(stat?.cversion).toBe(3);
      expect((await client.setData("/line", nothing)).version).toBe(1);
      await close(client);
    },
  },
  {
    name: "a watch fires once, on the connection that set it, before what reflects the change",
    check: async ({ connect, close }) => {
      const [watcher, writer] = [await connect(), await connect()];
      await writer.create("/watched", nothing);
      await watcher.sync("/watched");
      const { watch } = await watcher.getData("/watched", { watch: never });
      await writer.setData("/watched", new Uint8Array([2]));
      expect(await watch).toMatchObject({ kind: "changed", unbroken: true });
      const again = await watcher.getData("/watched", { watch: never });
      expect(again.data).toEqual(new Uint8Array([2]));
      await writer.delete("/watched");
      expect(await again.watch).toMatchObject({ kind: "deleted", unbroken: true });
      const absent = await watcher.exists("/watched", { watch: never });
      await writer.create("/watched", nothing);
      expect(await absent.watch).toMatchObject({ kind: "created", unbroken: true });
      await close(watcher);
      await close(writer);
    },
  },
  {
    name: "closing a session removes its ephemeral nodes, and tells the watches",
    check: async ({ connect, close }) => {
      const [watcher, owner] = [await connect(), await connect()];
      await owner.create("/owned", nothing, { mode: "ephemeral" });
      await watcher.sync("/");
      const { watch, stat } = await watcher.exists("/owned", { watch: never });
      expect(stat?.ephemeralOwner).toBe(owner.sessionId);
      await close(owner);
      expect(await watch).toMatchObject({ kind: "deleted" });
      await close(watcher);
    },
  },
  {
    name: "zxids only grow, and every commit is one",
    check: async ({ connect, close }) => {
      const client = await connect();
      const one = await client.create("/zxid", nothing);
      const set = await client.setData("/zxid", nothing);
      expect(set.mzxid > one.stat.czxid).toBe(true);
      expect(set.czxid).toBe(one.stat.czxid);
      expect(client.lastZxid >= set.mzxid).toBe(true);
      await close(client);
    },
  },
];
