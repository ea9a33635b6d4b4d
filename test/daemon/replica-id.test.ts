import { expect, test } from "bun:test";
import { defaultReplicaId, parseReplicaId } from "../../src/daemon/replica-id.ts";

test.each(["a", "node-1", "A.b_c-9", "0", "x".repeat(100)])("replica id: takes %s", (text) => {
  expect(parseReplicaId(text).kind).toBe("valid");
});

test.each(["", ".", "..", "-a", "_a", "a/b", "a b", "a\n", "ü", "x".repeat(101)])(
  "replica id: refuses %j",
  (text) => {
    expect(parseReplicaId(text).kind).toBe("invalid");
  },
);

test.each(["host", "host.example.org", "", "---", "ünïcode host", "..", "h".repeat(300)])(
  "replica id: the default for the host name %j is a right one",
  (hostName) => {
    const id = defaultReplicaId(hostName, new Uint8Array([0, 1, 254, 255, 16, 2]));
    expect(parseReplicaId(id).kind).toBe("valid");
    expect(id).toEndWith("-0001feff1002");
  },
);
