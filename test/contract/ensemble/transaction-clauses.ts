import { expect } from "bun:test";
import { MultiError } from "../../../src/zookeeper/errors.ts";
import { Opcode } from "../../../src/zookeeper/protocol/opcodes.ts";
import { readStat } from "../../../src/zookeeper/protocol/records.ts";
import type { Reply } from "../../../src/zookeeper/protocol/replies.ts";
import {
  setDataBody,
  versionedBody,
  watchableBody,
} from "../../../src/zookeeper/protocol/requests.ts";
import { WireWriter } from "../../../src/zookeeper/protocol/wire-writer.ts";
import { ServerError } from "../../simulation/ensemble/tree.ts";
import { type ContractClause, rolesOf } from "./stage.ts";
import { createOf, WireClient } from "./wire-client.ts";

type Part = readonly [opcode: number, body: Uint8Array];

const nothing = new Uint8Array();

function multiOf(...parts: readonly Part[]): Uint8Array {
  const writer = new WireWriter();
  for (const [opcode, body] of parts) writer.int(opcode).boolean(false).int(-1).raw(body);
  return writer.int(-1).boolean(true).int(-1).finish();
}

/** The headers of the parts of an answer, each with what stands behind it. */
function partsOf({ body }: Reply): readonly string[] {
  const parts: string[] = [];
  for (;;) {
    const [type, done, error] = [body.int(), body.boolean(), body.int()];
    if (done || body.malformed) {
      expect({ type, done, error, left: body.remaining }).toEqual({
        type: -1,
        done: true,
        error: -1,
        left: 0,
      });
      return parts;
    }
    if (type === -1) parts.push(`error ${error} ${body.int()}`);
    else if (type === Opcode.create) parts.push(`create ${error} ${body.string()}`);
    else if (type === Opcode.setData) parts.push(`set ${error} ${readStat(body).version}`);
    else parts.push(`${type} ${error}`);
  }
}

export const transactionClauses: readonly ContractClause[] = [
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
    name: "a multi answers each part by its kind, creates with the path alone",
    check: async (stage) => {
      const { follower } = await rolesOf(stage);
      const client = await WireClient.begin(stage, follower);
      const done = await client.ask(
        Opcode.multi,
        multiOf(
          [Opcode.create, createOf("/parts")],
          [Opcode.create2, createOf("/parts/two")],
          [Opcode.create2, createOf("/parts/s-", "ephemeral-sequential")],
          [Opcode.setData, setDataBody("/parts", new Uint8Array(2), 0)],
          [Opcode.check, versionedBody("/parts", 1)],
          [Opcode.delete, versionedBody("/parts/two", 0)],
        ),
      );
      expect(done.error).toBe(0);
      expect(partsOf(done)).toEqual([
        "create 0 /parts",
        "create 0 /parts/two",
        "create 0 /parts/s-0000000001",
        "set 0 1",
        `${Opcode.check} 0`,
        `${Opcode.delete} 0`,
      ]);
      const { zxid } = done;
      const stat = { czxid: zxid, mzxid: zxid, pzxid: zxid, version: 1, dataLength: 2 };
      expect(await client.exists("/parts")).toMatchObject({ ...stat, cversion: 3, numChildren: 1 });
      const empty = await client.ask(Opcode.multi, multiOf());
      expect([empty.error, partsOf(empty)]).toEqual([0, []]);
      await client.end();
    },
  },
  {
    name: "a refused multi names the culprit, changes no Stat, takes no name, and fires no watch",
    check: async (stage) => {
      const { leader, follower } = await rolesOf(stage);
      for (const [member, path] of [
        [leader, "/whole-leader"],
        [follower, "/whole-follower"],
      ] as const) {
        const client = await WireClient.begin(stage, member);
        await client.create(path);
        await client.create(`${path}/kept`);
        const before = await client.exists(path);
        await client.watch("data", path);
        await client.watch("child", path);
        await client.watch("data", `${path}/kept`);
        const refused = await client.ask(
          Opcode.multi,
          multiOf(
            [Opcode.delete, versionedBody(`${path}/kept`)],
            [Opcode.create, createOf(`${path}/s-`, "persistent-sequential")],
            [Opcode.setData, setDataBody(path, nothing)],
            [Opcode.check, versionedBody(path, 7)],
            [Opcode.create, createOf(`${path}/late`)],
          ),
        );
        expect(refused.error).toBe(0);
        const parts = [0, 0, 0, ServerError.badVersion, ServerError.runtimeInconsistency];
        expect(partsOf(refused)).toEqual(parts.map((code) => `error ${code} ${code}`));
        expect(await client.exists(path)).toEqual(before);
        const { events, reply } = await client.askThrough(
          Opcode.create2,
          createOf(`${path}/s-`, "persistent-sequential"),
        );
        expect(events).toEqual([["children-changed", path]]);
        expect(reply.body.string()).toBe(`${path}/s-0000000001`);
        await client.end();
      }
    },
  },
  {
    name: "a multi fires the watches of its parts in their order, before its answer",
    check: async (stage) => {
      const { follower } = await rolesOf(stage);
      const client = await WireClient.begin(stage, follower);
      await client.create("/row");
      await client.create("/row/gone");
      expect((await client.ask(Opcode.exists, watchableBody("/row/made", true))).error).toBe(
        ServerError.noNode,
      );
      await client.watch("data", "/row");
      await client.watch("child", "/row");
      await client.watch("data", "/row/gone");
      const { events } = await client.askThrough(
        Opcode.multi,
        multiOf(
          [Opcode.setData, setDataBody("/row", nothing)],
          [Opcode.delete, versionedBody("/row/gone")],
          [Opcode.create, createOf("/row/made")],
        ),
      );
      expect(events).toEqual([
        ["changed", "/row"],
        ["deleted", "/row/gone"],
        ["children-changed", "/row"],
        ["created", "/row/made"],
      ]);
      await client.end();
    },
  },
];
