import { expect } from "bun:test";
import { ZooKeeperError } from "../../../src/zookeeper/errors.ts";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import { ServerError } from "../../simulation/ensemble/tree.ts";
import { type ContractClause, rolesOf } from "./stage.ts";
import { createOf, WireClient } from "./wire-client.ts";

const nothing = new Uint8Array();
const noSuchOpcode = 4711;
const unimplemented = -6;
const never = new AbortController().signal;

function codeOf(error: unknown): string {
  if (error instanceof ZooKeeperError) return error.code;
  throw error;
}

export const recordClauses: readonly ContractClause[] = [
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
  {
    name: "a Stat tells who changed what last, and a node made again is another one",
    check: async (stage) => {
      const { follower } = await rolesOf(stage);
      const client = await WireClient.begin(stage, follower);
      const made = await client.create("/stat");
      const { czxid } = made;
      expect(made).toMatchObject({ mzxid: czxid, pzxid: czxid, version: 0, cversion: 0 });
      expect(made).toMatchObject({ aversion: 0, ephemeralOwner: 0n, dataLength: 0 });
      expect(client.zxid).toBe(czxid);
      const set = await client.set("/stat", new Uint8Array(3));
      expect(set).toMatchObject({ czxid, pzxid: czxid, version: 1, cversion: 0, dataLength: 3 });
      expect(set.mzxid).toBe(client.zxid);
      const child = await client.create("/stat/child", "ephemeral");
      expect(child.ephemeralOwner).toBe(client.sessionId);
      const { mzxid } = set;
      const above = { czxid, mzxid, pzxid: child.czxid, version: 1, cversion: 1, numChildren: 1 };
      expect(await client.exists("/stat")).toMatchObject(above);
      const deletedBy = await client.delete("/stat/child");
      const bare = { czxid, mzxid, pzxid: deletedBy, version: 1, cversion: 2, numChildren: 0 };
      expect(await client.exists("/stat")).toMatchObject(bare);
      await client.delete("/stat");
      const again = await client.create("/stat");
      expect(again).toMatchObject({ version: 0, cversion: 0 });
      expect(again.czxid).toBeGreaterThan(deletedBy);
      await client.end();
    },
  },
  {
    name: "sequential names share their parent's count, whoever creates and whatever was deleted",
    check: async (stage) => {
      const { leader, follower } = await rolesOf(stage);
      const [one, other] = [
        await WireClient.begin(stage, leader),
        await WireClient.begin(stage, follower),
      ];
      await one.create("/count");
      expect((await one.create("/count/a-", "ephemeral-sequential")).path).toEndWith(
        "a-0000000000",
      );
      expect((await other.create("/count/b-", "ephemeral-sequential")).path).toEndWith(
        "b-0000000001",
      );
      await other.create("/count/plain", "ephemeral");
      await one.end();
      const third = await other.create("/count/a-", "ephemeral-sequential");
      expect(third.path).toEndWith("a-0000000003");
      // Four were created and one deleted: the deletion counts as a change, not as a number.
      expect(await other.exists("/count")).toMatchObject({ cversion: 5, numChildren: 3 });
      await other.end();
    },
  },
  {
    name: "a refused write is a transaction too: it takes a zxid, and changes nothing",
    check: async (stage) => {
      const { follower } = await rolesOf(stage);
      const client = await WireClient.begin(stage, follower);
      const made = await client.create("/refused");
      const refused = await client.ask(Opcode.create2, createOf("/refused"));
      expect(refused.error).toBe(ServerError.nodeExists);
      expect(refused.body.remaining).toBe(0);
      expect(refused.zxid).toBeGreaterThan(made.czxid);
      expect(await client.exists("/refused")).toMatchObject({ mzxid: made.czxid, version: 0 });
      await client.end();
    },
  },
  {
    name: "an unknown request is answered as unimplemented and ends the connection only",
    check: async (stage) => {
      const { leader, follower } = await rolesOf(stage);
      for (const member of [leader, follower]) {
        const client = await WireClient.begin(stage, member);
        const { error, zxid } = await client.ask(noSuchOpcode);
        expect({ error, zxid }).toEqual({ error: unimplemented, zxid: -1n });
        expect(await client.next()).toBeUndefined();
        const resumed = await WireClient.resume(stage, member, client);
        await resumed.end();
      }
    },
  },
];
