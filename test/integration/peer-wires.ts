import { type Edit, Relay } from "../chaos/arena/relay.ts";

interface Wire {
  readonly from: number;
  readonly to: number;
  readonly relay: Relay;
}

/**
 * The connections over which the members of an ensemble follow their leader, each through a relay
 * of this process, so that a member can be cut off from the others and its clients still reach it.
 * Votes are exchanged over other connections: a member that is cut off still hears who leads.
 */
export class PeerWires implements AsyncDisposable {
  readonly #wires: Wire[] = [];
  /** The members whose ping replies do not say which sessions they have heard of. */
  readonly #withholding = new Set<number>();

  /** Goes into the options of an ensemble. */
  readonly wire = async (from: number, to: number, port: number): Promise<number> => {
    const edit = (): Edit => {
      const packets = new FollowerPackets(() => this.#withholding.has(from));
      return (bytes) => packets.push(bytes);
    };
    const relay = await Relay.open({ host: "127.0.0.1", port }, edit);
    this.#wires.push({ from, to, relay });
    return relay.port;
  };

  isolate(member: number): void {
    for (const { from, to, relay } of this.#wires) {
      if (from === member || to === member) relay.silence();
    }
  }

  rejoin(member: number): void {
    for (const { from, to, relay } of this.#wires) {
      if (from === member || to === member) relay.restore();
    }
  }

  withholdTouches(member: number, withheld: boolean): void {
    if (withheld) this.#withholding.add(member);
    else this.#withholding.delete(member);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#wires.map(({ relay }) => relay[Symbol.asyncDispose]()));
  }
}

/** Source: Leader.java. */
const pingType = 5;
const none = new Uint8Array();

/**
 * Reads the packets that a follower sends to its leader, which have no length: type, zxid, data and
 * a vector of pairs of texts. Takes the sessions out of the replies to pings when told to.
 * Source: QuorumPacket in zookeeper.jute; Learner.java (ping).
 */
class FollowerPackets {
  readonly #withheld: () => boolean;
  #rest = Buffer.alloc(0);

  constructor(withheld: () => boolean) {
    this.#withheld = withheld;
  }

  push(bytes: Buffer): Uint8Array {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const packets: Uint8Array[] = [];
    for (;;) {
      const length = lengthOfFirst(this.#rest);
      if (length === undefined) return Buffer.concat(packets);
      packets.push(this.#edit(this.#rest.subarray(0, length)));
      this.#rest = this.#rest.subarray(length);
    }
  }

  #edit(packet: Buffer): Uint8Array {
    if (packet.readInt32BE(0) !== pingType || !this.#withheld()) return packet;
    const dataBytes = Math.max(0, packet.readInt32BE(12));
    const head = Buffer.from(packet.subarray(0, 16));
    head.writeInt32BE(none.length, 12);
    return Buffer.concat([head, packet.subarray(16 + dataBytes)]);
  }
}

/** Undefined while the first packet has not arrived as a whole. */
function lengthOfFirst(bytes: Buffer): number | undefined {
  const dataAt = 12;
  let at = afterBuffer(bytes, dataAt);
  if (at === undefined || bytes.length < at + 4) return undefined;
  const texts = 2 * Math.max(0, bytes.readInt32BE(at));
  at += 4;
  for (let index = 0; index < texts && at !== undefined; index += 1) at = afterBuffer(bytes, at);
  return at;
}

/** Where a buffer that begins at `at` ends; -1 as its length means that there is none. */
function afterBuffer(bytes: Buffer, at: number): number | undefined {
  if (bytes.length < at + 4) return undefined;
  const end = at + 4 + Math.max(0, bytes.readInt32BE(at));
  return bytes.length < end ? undefined : end;
}
