import { expect } from "bun:test";
import { multiBody } from "../../../src/zookeeper/multi.ts";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import {
  pathBody,
  setDataBody,
  setWatchesBody,
  versionedBody,
  watchableBody,
} from "../../../src/zookeeper/protocol/requests.ts";
import { ServerError } from "../../simulation/ensemble/tree.ts";
import { type ContractClause, type ContractStage, type Member, rolesOf } from "./stage.ts";
import { createOf, type Message, WireClient } from "./wire-client.ts";

const changed = new Uint8Array([1]);

/** Reads a node over and over until it has other data; everything that the server said meanwhile. */
async function readUntilChanged(
  stage: ContractStage,
  reader: WireClient,
  path: string,
): Promise<readonly string[]> {
  const said: string[] = [];
  for (;;) {
    reader.send(Opcode.getData, watchableBody(path, false));
    let message: Message | undefined;
    do {
      message = await reader.next();
      if (message === undefined) throw new Error("closed while reading");
      if (message.kind === "event") said.push(message.event.join(" "));
    } while (message.kind === "event");
    const isNew = message.body.buffer().length > 0;
    said.push(isNew ? "new" : "old");
    if (isNew) return said.filter((what, index) => what !== said[index - 1]);
    await stage.scheduler.sleep(1, new AbortController().signal);
  }
}

/** Leaves the server's state behind all that was changed in the gap, with a new connection. */
async function reconnect(
  stage: ContractStage,
  member: Member,
  old: WireClient,
): Promise<WireClient> {
  const client = await WireClient.resume(stage, member, old);
  await client.sync();
  return client;
}

const none = { persistent: [], recursive: [] };

function inGap(names: readonly string[]): readonly string[] {
  return names.map((name) => `/gap/${name}`);
}

export const watchClauses: readonly ContractClause[] = [
  {
    name: "the event of another's change comes before the first read that shows the change",
    check: async (stage) => {
      const { leader, follower, otherFollower } = await rolesOf(stage);
      const writer = await WireClient.begin(stage, otherFollower);
      for (const [member, path] of [
        [leader, "/order-leader"],
        [follower, "/order-follower"],
      ] as const) {
        const reader = await WireClient.begin(stage, member);
        await writer.create(path);
        await reader.sync();
        await reader.watch("data", path);
        const reading = readUntilChanged(stage, reader, path);
        await writer.set(path, changed);
        const said = await reading;
        expect(said.slice(-2)).toEqual([`changed ${path}`, "new"]);
        expect(said.slice(0, -2).every((what) => what === "old")).toBe(true);
        await reader.end();
      }
      await writer.end();
    },
  },
  {
    name: "the event of one's own change comes before its reply, once, however often one asked",
    check: async (stage) => {
      const { leader, follower } = await rolesOf(stage);
      for (const [member, path] of [
        [leader, "/own-leader"],
        [follower, "/own-follower"],
      ] as const) {
        const client = await WireClient.begin(stage, member);
        await client.create(path);
        await client.watch("data", path);
        await client.watch("data", path);
        await client.exists(path, true);
        const body = setDataBody(path, changed);
        const first = await client.askThrough(Opcode.setData, body);
        expect(first.events).toEqual([["changed", path]]);
        await client.set(path, changed);
        await client.end();
      }
    },
  },
  {
    name: "a deletion tells data and child watch of the node in one event, then the parent's",
    check: async (stage) => {
      const { follower } = await rolesOf(stage);
      const client = await WireClient.begin(stage, follower);
      await client.create("/both");
      await client.create("/both/child");
      await client.watch("data", "/both/child");
      await client.watch("child", "/both/child");
      await client.watch("child", "/both");
      await client.watch("data", "/both");
      const { events } = await client.askThrough(Opcode.delete, versionedBody("/both/child"));
      // The data watch of the parent does not mind its children.
      expect(events).toEqual([
        ["deleted", "/both/child"],
        ["children-changed", "/both"],
      ]);
      await client.end();
    },
  },
  {
    name: "the events of a multi come in the order of its parts, and ahead of the next commit's",
    check: async (stage) => {
      const { leader, follower, otherFollower } = await rolesOf(stage);
      const writer = await WireClient.begin(stage, otherFollower);
      for (const [member, parent] of [
        [leader, "/parts-leader"],
        [follower, "/parts-follower"],
      ] as const) {
        const [one, other, last] = [`${parent}/one`, `${parent}/other`, `${parent}/last`] as const;
        const watcher = await WireClient.begin(stage, member);
        await writer.create(parent);
        const watched = [one, other, last];
        for (const path of watched) await writer.create(path);
        await watcher.sync();
        for (const path of watched) await watcher.watch("data", path);
        const parts = multiBody([
          { kind: "set", path: other, data: changed },
          { kind: "delete", path: one },
        ]);
        expect((await writer.ask(Opcode.multi, parts)).error).toBe(0);
        await writer.set(last, changed);
        const { events } = await watcher.askThrough(Opcode.sync, pathBody(parent));
        expect(events).toEqual([
          ["changed", other],
          ["deleted", one],
          ["changed", last],
        ]);
        await watcher.end();
      }
      await writer.end();
    },
  },
  {
    name: "only exists leaves a watch on what is not there",
    check: async (stage) => {
      const { follower } = await rolesOf(stage);
      const client = await WireClient.begin(stage, follower);
      for (const opcode of [Opcode.getData, Opcode.getChildren2]) {
        const { error } = await client.ask(opcode, watchableBody("/absent", true));
        expect(error).toBe(ServerError.noNode);
      }
      await client.create("/absent");
      await client.delete("/absent");
      expect(await client.exists("/absent", true)).toBeUndefined();
      const { events } = await client.askThrough(Opcode.create2, createOf("/absent"));
      expect(events).toEqual([["created", "/absent"]]);
      await client.set("/absent", changed);
      await client.end();
    },
  },
  {
    name: "watches end with their connection, not with the session",
    check: async (stage) => {
      const { follower } = await rolesOf(stage);
      const first = await WireClient.begin(stage, follower);
      await first.create("/forgotten");
      await first.watch("data", "/forgotten");
      first[Symbol.dispose]();
      const second = await WireClient.resume(stage, follower, first);
      await second.set("/forgotten", changed);
      await second.end();
    },
  },
  {
    name: "setWatches tells once of each change in the gap, list by list, before its reply",
    check: async (stage) => {
      const { follower, otherFollower } = await rolesOf(stage);
      const writer = await WireClient.begin(stage, follower);
      const first = await WireClient.begin(stage, follower);
      await writer.create("/gap");
      for (const name of ["same", "set", "gone", "again", "quiet", "grown", "even", "lost"]) {
        await writer.create(`/gap/${name}`);
      }
      await first.sync();
      first[Symbol.dispose]();
      const since = first.zxid;
      await writer.set("/gap/set", changed);
      await writer.set("/gap/set", changed);
      await writer.delete("/gap/gone");
      await writer.delete("/gap/again");
      await writer.create("/gap/again");
      await writer.create("/gap/new");
      await writer.create("/gap/brief");
      await writer.delete("/gap/brief");
      await writer.create("/gap/grown/child");
      await writer.create("/gap/even/child");
      await writer.delete("/gap/even/child");
      await writer.delete("/gap/lost");
      const second = await reconnect(stage, otherFollower, first);
      const { events, reply } = await second.askThrough(
        Opcode.setWatches,
        setWatchesBody(since, {
          ...none,
          data: inGap(["same", "set", "gone", "again"]),
          exist: inGap(["none", "new", "brief"]),
          child: inGap(["quiet", "grown", "even", "lost"]),
        }),
      );
      expect(reply.error).toBe(0);
      expect(events).toEqual([
        ["changed", "/gap/set"],
        ["deleted", "/gap/gone"],
        ["changed", "/gap/again"],
        ["created", "/gap/new"],
        ["children-changed", "/gap/grown"],
        ["children-changed", "/gap/even"],
        ["deleted", "/gap/lost"],
      ]);
      await checkArmed(second);
      await writer.end();
      await second.end();
    },
  },
  {
    name: "setWatches that finds nothing changed says nothing, and the watches hold",
    check: async (stage) => {
      const { leader, follower } = await rolesOf(stage);
      const first = await WireClient.begin(stage, follower);
      await first.create("/still");
      first[Symbol.dispose]();
      const second = await WireClient.resume(stage, leader, first);
      const paths = { ...none, data: ["/still"], exist: ["/still/none"], child: ["/still"] };
      const body = setWatchesBody(second.zxid, paths);
      expect((await second.ask(Opcode.setWatches, body)).error).toBe(0);
      const made = await second.askThrough(Opcode.create2, createOf("/still/none"));
      expect(made.events).toEqual([
        ["created", "/still/none"],
        ["children-changed", "/still"],
      ]);
      const set = await second.askThrough(Opcode.setData, setDataBody("/still", changed));
      expect(set.events).toEqual([["changed", "/still"]]);
      await second.ask(Opcode.sync, pathBody("/"));
      await second.end();
    },
  },
];

/** What setWatches told of is watched no more; what it was silent about is. */
async function checkArmed(client: WireClient): Promise<void> {
  for (const name of ["set", "again", "new", "grown", "even"]) {
    await client.set(`/gap/${name}`, changed);
  }
  await client.create("/gap/grown/other");
  await client.create("/gap/gone");
  for (const [opcode, name, event] of [
    [Opcode.setData, "same", "changed"],
    [Opcode.create2, "none", "created"],
    [Opcode.create2, "brief", "created"],
    [Opcode.create2, "quiet", "children-changed"],
  ] as const) {
    const path = `/gap/${name}`;
    const body =
      opcode === Opcode.setData
        ? setDataBody(path, changed)
        : createOf(event === "created" ? path : `${path}/child`);
    expect((await client.askThrough(opcode, body)).events).toEqual([[event, path]]);
  }
}
