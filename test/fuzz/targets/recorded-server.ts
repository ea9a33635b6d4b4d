import { join } from "node:path";
import { FrameReader } from "../../../src/zookeeper/protocol/frames.ts";
import type { Conversation } from "../../zookeeper/conversation.fixture.ts";

const golden = (await Bun.file(
  join(import.meta.dir, "../../zookeeper/conversation.golden.json"),
).json()) as Conversation;

/** What a real server answered once: the payloads of its frames. */
export interface Recording {
  readonly handshake: Uint8Array;
  /** The answers to each kind of request, by its opcode. */
  readonly answers: ReadonlyMap<number, readonly Uint8Array[]>;
  /** Every frame in the order in which it was sent, without its length. */
  readonly frames: readonly Uint8Array[];
}

export const recording: Recording = read(golden);

function read({ turns }: Conversation): Recording {
  const answers = new Map<number, Uint8Array[]>();
  const frames: Uint8Array[] = [];
  turns.forEach(({ request, replies }, turn) => {
    const opcode = Buffer.from(request, "hex").readInt32BE(8);
    for (const frame of new FrameReader(1 << 20).push(bytesOf(replies))) {
      frames.push(frame);
      // A notification comes between the answers; the first turn is the handshake.
      const isAnswer = turn > 0 && new DataView(frame.buffer, frame.byteOffset).getInt32(0) > 0;
      if (isAnswer) answers.set(opcode, [...(answers.get(opcode) ?? []), frame]);
    }
  });
  const [handshake] = frames;
  if (handshake === undefined) throw new Error("the recorded conversation is empty");
  return { handshake, answers, frames };
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}
