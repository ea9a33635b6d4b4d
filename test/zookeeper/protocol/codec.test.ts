import { expect, test } from "bun:test";
import { errorMeaning } from "../../../src/zookeeper/protocol/error-codes.ts";
import { FrameReader } from "../../../src/zookeeper/protocol/frames.ts";
import {
  readConnectResponse,
  readNodeEvent,
  readReply,
} from "../../../src/zookeeper/protocol/replies.ts";
import { openAcl, readAcl, readStat } from "../../../src/zookeeper/protocol/records.ts";
import {
  authBody,
  connectRequestFrame,
  createBody,
  setWatchesBody,
  writeRequestFrame,
} from "../../../src/zookeeper/protocol/requests.ts";
import { WireReader } from "../../../src/zookeeper/protocol/wire-reader.ts";
import { WireWriter } from "../../../src/zookeeper/protocol/wire-writer.ts";

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(/\s/gu, ""), "hex"));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

const connectResponse = hex(`
  00000025 00000000 000007d0 0100006fa4ad0000
  00000010 000102030405060708090a0b0c0d0e0f 00`);
const multiRefusal = hex("00000010 00000007 00000000000000ff ffffff92");
const notification = hex(
  "0000001e ffffffff ffffffffffffffff 00000000 00000003 00000003 00000002 2f61",
);
const fixtures = { connectResponse, multiRefusal, notification };

test("codec: a ConnectRequest has the bytes of the protocol", () => {
  const bytes = connectRequestFrame({
    lastZxidSeen: 5n,
    timeoutMs: 2000,
    sessionId: 0x0100_006f_a4ad_0000n,
    password: new Uint8Array(16).fill(1),
  });
  expect(toHex(bytes)).toBe(
    "0000002d000000000000000000000005000007d00100006fa4ad000000000010" + "01".repeat(16) + "00",
  );
});

test("codec: a create request carries path, data, ACL and flags", () => {
  const writer = new WireWriter(1);
  const body = createBody({
    path: "/a",
    data: new Uint8Array([9]),
    acl: openAcl,
    flags: 1,
    ttlMs: undefined,
  });
  writeRequestFrame(writer, 3, 15, body);
  expect(toHex(writer.finish())).toBe(
    toHex(
      hex(`00000032 00000003 0000000f 00000002 2f61 00000001 09
        00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65 00000001`),
    ),
  );
});

test("codec: a create with a time to live ends with it", () => {
  const request = { path: "/a", data: new Uint8Array(), acl: [], flags: 5 };
  const without = toHex(createBody({ ...request, ttlMs: undefined }));
  expect(toHex(createBody({ ...request, ttlMs: 258 }))).toBe(`${without}0000000000000102`);
});

test("codec: an auth packet carries type 0, scheme and proof", () => {
  expect(toHex(authBody("digest", new Uint8Array([1, 2])))).toBe(
    "0000000000000006646967657374000000020102",
  );
});

test("codec: setWatches names persistent watches only when there are some", () => {
  const paths = { data: ["/a"], exist: [], child: [], persistent: [], recursive: [] };
  const plain = "000000000000000900000001000000022f610000000000000000";
  expect(toHex(setWatchesBody(9n, paths))).toBe(plain);
  const both = setWatchesBody(9n, { ...paths, recursive: ["/b"] });
  expect(toHex(both)).toBe(`${plain}0000000000000001000000022f62`);
});

test("codec: the writer grows over every kind of value without losing one", () => {
  for (let capacity = 1; capacity < 40; capacity += 1) {
    const writer = new WireWriter(capacity).int(1).long(2n).boolean(true).string("é").int(-1);
    expect(toHex(writer.finish())).toBe("0000000100000000000000020100000002c3a9ffffffff");
  }
});

test("codec: a ConnectResponse is read with and without its last byte", () => {
  const payload = connectResponse.slice(4);
  for (const bytes of [payload, payload.slice(0, -1)]) {
    expect(readConnectResponse(bytes)).toEqual({
      timeoutMs: 2000,
      sessionId: 0x0100_006f_a4ad_0000n,
      password: hex("000102030405060708090a0b0c0d0e0f"),
    });
  }
  expect(readConnectResponse(payload.slice(0, -2))).toBeUndefined();
});

test("codec: an event of an unknown type is none, and ends nothing", () => {
  const known = readReply(notification.slice(4));
  expect(known && readNodeEvent(known.body)).toEqual({ kind: "changed", path: "/a" });
  const unknown = new WireReader(new WireWriter().int(99).int(3).string("/a").finish());
  expect(readNodeEvent(unknown)).toBeUndefined();
  expect(unknown.malformed).toBe(false);
});

for (const [name, bytes] of Object.entries(fixtures)) {
  test(`codec: ${name} is the same frame wherever it is split`, () => {
    const whole = new FrameReader(1000).push(bytes).map(toHex);
    expect(whole).toEqual([toHex(bytes.slice(4))]);
    for (let at = 0; at <= bytes.length; at += 1) {
      const frames = new FrameReader(1000);
      const parts = [...frames.push(bytes.slice(0, at)), ...frames.push(bytes.slice(at))];
      expect(parts.map(toHex)).toEqual(whole);
    }
  });
}

const stat = hex(`
  0000000000000001 0000000000000002 0000000000000003 0000000000000004
  00000005 00000006 00000007 0000000000000008 00000009 0000000a 000000000000000b`);

test.each([
  { name: "a ConnectResponse", bytes: connectResponse, read: readConnectResponse, optional: 1 },
  { name: "a refusal", bytes: multiRefusal, read: readReply, optional: 0 },
  { name: "a notification", bytes: notification, read: readNotification, optional: 0 },
  {
    name: "a Stat",
    bytes: new Uint8Array([...hex("00000044"), ...stat]),
    read: statOf,
    optional: 0,
  },
])("codec: $name cut short at any byte is malformed, and never throws", (fixture) => {
  const { bytes, read, optional } = fixture;
  const payload = bytes.slice(4);
  expect(read(payload)).toBeDefined();
  // Servers before 3.4 leave the last byte of a ConnectResponse out.
  for (let length = 0; length < payload.length - optional; length += 1) {
    expect(read(payload.slice(0, length))).toBeUndefined();
  }
});

function readNotification(payload: Uint8Array): unknown {
  const reply = readReply(payload);
  const event = reply && readNodeEvent(reply.body);
  return reply?.body.malformed ? undefined : event;
}

function statOf(payload: Uint8Array): unknown {
  const reader = new WireReader(payload);
  const value = readStat(reader);
  return reader.malformed ? undefined : value;
}

test("codec: many frames come out of one chunk, and of single bytes", () => {
  const stream = new Uint8Array([...notification, ...connectResponse, ...hex("00000000")]);
  const expected = [toHex(notification.slice(4)), toHex(connectResponse.slice(4)), ""];
  expect(new FrameReader(1000).push(stream).map(toHex)).toEqual(expected);
  const frames = new FrameReader(1000);
  const one = [...stream].flatMap((byte) => frames.push(new Uint8Array([byte])).map(toHex));
  expect(one).toEqual(expected);
});

test("codec: a frame length below zero or above the bound stops the stream", () => {
  for (const length of ["ffffffff", "000003e9", "7fffffff"]) {
    const frames = new FrameReader(1000);
    expect(frames.push(hex(`${length}00`))).toEqual([]);
    expect(frames.malformed).toContain("at most 1000");
    expect(frames.push(notification)).toEqual([]);
  }
});

test.each([
  ["HTTP/1.1 400 Bad", `it does not speak ZooKeeper's protocol (it answered "HTTP")`],
  ["SSH-2.0-OpenSSH", `it does not speak ZooKeeper's protocol (it answered "SSH-")`],
  ["\x15\x03\x01\0\x02\x02\x46", "it speaks TLS; give ca"],
  ["\x16\x03\x03\0\x7a", "it speaks TLS; give ca"],
])("codec: a peer that begins with %j is named", (text, expected) => {
  const frames = new FrameReader(8 * 1024 * 1024, "give ca");
  for (const byte of new TextEncoder().encode(text)) frames.push(new Uint8Array([byte]));
  expect(frames.malformed).toBe(expected);
  // Behind a frame of the protocol it is no stranger, and only out of beat.
  const later = new FrameReader(8 * 1024 * 1024);
  later.push(notification);
  later.push(new TextEncoder().encode(text));
  expect(later.malformed).toContain("at most 8388608");
});

test("codec: a vector that claims more elements than there are bytes is malformed at once", () => {
  for (const count of [1_000_000_000, 3, -2]) {
    const reader = new WireReader(new WireWriter().int(count).long(0n).finish());
    reader.vector(readAcl);
    expect(reader.malformed).toBe(true);
  }
});

test("codec: null buffers, strings and vectors read as empty", () => {
  const reader = new WireReader(new WireWriter().int(-1).int(-1).int(-1).finish());
  expect(reader.buffer()).toEqual(new Uint8Array());
  expect(reader.string()).toBe("");
  expect(reader.vector(readAcl)).toEqual([]);
  expect(reader.malformed).toBe(false);
});

test("codec: a buffer is a copy, also when the frame is a Buffer", () => {
  const bytes = Buffer.from(new WireWriter().buffer(new Uint8Array([1, 2])).finish());
  const value = new WireReader(bytes).buffer();
  bytes.fill(0);
  expect([...value]).toEqual([1, 2]);
});

test("codec: every number has a meaning, known or not", () => {
  expect(errorMeaning(-110)).toEqual({ code: "node-exists", outcome: "not-executed" });
  expect(errorMeaning(-1).outcome).toBe("unknown");
  expect(errorMeaning(-9999)).toEqual({ code: "unknown-code", outcome: "unknown" });
});
