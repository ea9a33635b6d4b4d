import { expect, test } from "bun:test";
import { join } from "node:path";
import { layoutBelow } from "../src/coordination/zookeeper/leadership/layout.ts";
import {
  decodeReplica,
  decodeLeaseNote,
  encodeReplica,
  encodeLeaseNote,
} from "../src/coordination/zookeeper/leadership/records.ts";

const notes = await Bun.file(join(import.meta.dir, "../docs/protocol.md")).text();
const examples = [...notes.matchAll(/^\{".*\}$/gm)].map(([example]) => example);

/** The very bytes that a replica would write. */
function rewritten(example: string): string | undefined {
  const bytes = new TextEncoder().encode(example);
  const term = decodeLeaseNote(bytes);
  if (term !== undefined) return new TextDecoder().decode(encodeLeaseNote(term));
  const replica = decodeReplica(bytes);
  return replica && new TextDecoder().decode(encodeReplica(replica));
}

test("protocol notes: every example is what a replica would write, byte for byte", () => {
  expect(examples.length).toBe(4);
  for (const example of examples) {
    expect(rewritten(example)).toBe(example);
  }
});

test("protocol notes: name every node", () => {
  for (const path of Object.values(layoutBelow("<base>"))) expect(notes).toContain(`\`${path}`);
});
