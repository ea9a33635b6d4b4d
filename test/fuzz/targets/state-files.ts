import * as fc from "fast-check";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Epoch } from "../../../src/election/ports/coordinator.ts";
import { StateDirectory } from "../../../src/system/state-directory.ts";
import {
  decodeSessionKey,
  encodeSessionKey,
} from "../../../src/coordination/zookeeper/leadership/session-key.ts";
import { anyLong, anyText, textOf } from "../hostile-texts.ts";
import { asyncTarget, hold, same, syncTarget, type Target } from "../target.ts";

const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
const names = ["00000000-0000-4000-8000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff", "x"];
const hex = "07".repeat(16);

/** In a record: the identity of the lock file beside it, as a process of ours would write it. */
const lockOfItsOwn = "<its own>";

const keyText = fc.oneof(
  textOf(
    '{"sessionId":"',
    "5",
    "-1",
    '","password":"',
    hex,
    '","epoch":"',
    '","servers":["a:1"],"basePath":"',
    '"}',
    "9".repeat(19),
  ),
  fc
    .dictionary(
      fc.constantFrom("sessionId", "password", "epoch", "servers", "basePath", "x"),
      fc.oneof(fc.constantFrom("0", "-5", hex, "9".repeat(19), null, 5, ["a:1"], [1]), anyText),
    )
    .map((fields) => JSON.stringify(fields)),
);
const recordText = fc.oneof(
  fc
    .record({
      bootId: fc.constantFrom(bootId, "another"),
      lock: fc.constantFrom(lockOfItsOwn, "1:2:3"),
      record: keyText,
    })
    .map(asJson),
  textOf('{"bootId":"', bootId, '","record":"', '"}', "null", "[]"),
);
const anyFiles = fc.array(
  fc.record({
    name: fc.constantFrom(...names),
    end: fc.constantFrom(".lock", ".json", ".tmp", ".lock.lock", ""),
    content: recordText,
  }),
  { maxLength: 6 },
);

/** What dead processes of this host left behind, or somebody else under such names. */
export const stateFileTargets: readonly Target[] = [
  syncTarget("session keys", 40, keyText, (text) => {
    const kept = decodeSessionKey(text);
    if (kept === undefined) return;
    const { key } = kept;
    hold(key.sessionId !== 0n && BigInt.asIntN(64, key.sessionId) === key.sessionId, "64 bits");
    hold(key.password.length === 16, "a password");
    same(decodeSessionKey(encodeSessionKey(kept)), kept, "round trip");
  }),
  syncTarget("session keys, there and back", 20, anyKey(), (kept) => {
    same(decodeSessionKey(encodeSessionKey(kept)), kept, "round trip");
  }),
  asyncTarget("state directories", 3, anyFiles, checkDirectory),
];

async function checkDirectory(
  files: readonly { readonly name: string; readonly end: string; readonly content: string }[],
): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), "election-fuzz-"));
  try {
    const contents = new Map(files.map(({ name, end, content }) => [name + end, content]));
    for (const [name, content] of contents) writeFileSync(join(path, name), content);
    for (const [name, content] of contents) {
      const lock = statSync(join(path, name.replace(/json$/, "lock")), {
        bigint: true,
        throwIfNoEntry: false,
      });
      const identity = `${lock?.dev}:${lock?.ino}:${lock?.birthtimeNs}`;
      writeFileSync(join(path, name), content.replaceAll(lockOfItsOwn, identity));
    }
    const state = await StateDirectory.open(path);
    const left = await state.leftBehind(() => undefined);
    for (const one of left.first) {
      hold(typeof one.record === "string", "a text");
      await one.forget();
    }
    const { first } = await state.leftBehind(() => undefined);
    same(first, [], "what is dealt with is gone");
    await state[Symbol.asyncDispose]();
    const present = readdirSync(path);
    const strange = [...contents.keys()].filter((name) => !/^[0-9a-f-]{36}\./.test(name));
    for (const name of strange) hold(present.includes(name), `${name} is gone`);
    const added = present.filter((name) => !contents.has(name));
    same(added, [], "nothing of ours stays");
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function anyKey() {
  const key = fc.record({
    sessionId: anyLong.filter((id) => id !== 0n),
    password: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    epoch: fc.option(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }) as fc.Arbitrary<Epoch>, {
      nil: undefined,
    }),
  });
  const service = fc.record({ servers: fc.array(anyText), basePath: anyText });
  return fc.record({ key, service });
}

function asJson(value: object): string {
  return JSON.stringify(value);
}
