import type { ZooKeeperClient } from "../../src/zookeeper/client.ts";
import { ZooKeeperError } from "../../src/zookeeper/errors.ts";
import type { ByteStream, Transport } from "../../src/zookeeper/transport/transport.ts";
import { bytes, forever } from "./stage.fixture.ts";

/** What the client wrote in one go, and all that the server said until the next write: hex. */
export interface Turn {
  readonly request: string;
  readonly replies: string;
}

/** A conversation with a real server, and what the client made of it. */
export interface Conversation {
  readonly server: string;
  readonly turns: readonly Turn[];
  readonly results: readonly string[];
}

/** Uses every operation of the client once, one after the other, on a server without data. */
export async function converse(client: ZooKeeperClient): Promise<readonly string[]> {
  const results: string[] = [];
  const ask = async (what: string, answer: Promise<unknown>): Promise<void> => {
    results.push(`${what}: ${describe(await answer.catch(codeOf))}`);
  };
  await client.connected(forever);
  await ask("create", client.create("/golden", bytes("one")));
  await ask("create again", client.create("/golden", bytes("one")));
  await ask("ephemeral", client.create("/golden/e", bytes(""), { mode: "ephemeral" }));
  await ask(
    "sequential",
    client.create("/golden/s-", bytes("ü"), { mode: "persistent-sequential" }),
  );
  await ask("container", client.create("/golden/c", bytes(""), { mode: "container" }));
  await ask(
    "ttl",
    client.create("/golden/t", bytes(""), { mode: "persistent-ttl", ttlMs: 60_000 }),
  );
  const read = await client.getData("/golden", { watch: forever });
  await ask("getData", Promise.resolve({ data: read.data, stat: read.stat }));
  await ask("setData", client.setData("/golden", bytes("two"), { version: 0 }));
  await ask("watch", read.watch ?? Promise.resolve());
  await ask("bad version", client.setData("/golden", bytes("three"), { version: 7 }));
  await ask("exists", client.exists("/golden/none"));
  await ask("getChildren", client.getChildren("/golden"));
  await ask("getAcl", client.getAcl("/golden"));
  const acl = [{ permissions: 31, scheme: "world", id: "anyone" }];
  await ask("setAcl", client.setAcl("/golden", acl));
  await ask("sync", client.sync("/golden"));
  await ask("whoAmI", client.whoAmI());
  await ask(
    "multi",
    client.multi([
      { kind: "check", path: "/golden", version: 1 },
      { kind: "create", path: "/golden/m", data: bytes("m") },
      { kind: "set", path: "/golden", data: bytes("four") },
      { kind: "delete", path: "/golden/c" },
    ]),
  );
  await ask(
    "refused multi",
    client.multi([
      { kind: "create", path: "/golden/n", data: bytes("n") },
      { kind: "delete", path: "/golden/none" },
    ]),
  );
  await ask("check", client.check("/golden", 2));
  await ask("check of another version", client.check("/golden", 1));
  await ask("delete", client.delete("/golden/m"));
  await ask("delete nothing", client.delete("/golden/m"));
  await ask("close", client.close(forever));
  return results;
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof ZooKeeperError)) throw error;
  return { code: error.code, outcome: error.outcome, wireCode: error.wireCode };
}

function describe(value: unknown): string {
  return JSON.stringify(value ?? null, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    if (part instanceof Uint8Array) return `0x${Buffer.from(part).toString("hex")}`;
    return part;
  });
}

/** Passes everything on to another transport, and writes down what goes by. */
export class RecordingTransport implements Transport {
  readonly #inner: Transport;
  readonly #turns: { request: string; replies: string }[] = [];

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  get turns(): readonly Turn[] {
    return this.#turns;
  }

  resolve(host: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#inner.resolve(host, signal);
  }

  async connect(
    address: Parameters<Transport["connect"]>[0],
    signal: AbortSignal,
  ): Promise<ByteStream> {
    const stream = await this.#inner.connect(address, signal);
    return {
      write: (chunk) => {
        this.#turns.push({ request: Buffer.from(chunk).toString("hex"), replies: "" });
        stream.write(chunk);
      },
      read: async () => {
        const chunk = await stream.read();
        const turn = this.#turns.at(-1);
        if (chunk !== undefined && turn !== undefined) {
          turn.replies += Buffer.from(chunk).toString("hex");
        }
        return chunk;
      },
      close: () => stream.close(),
      get closedBecause() {
        return stream.closedBecause;
      },
    };
  }
}

/**
 * Plays the server of a recorded conversation: it answers each recorded request with the recorded
 * bytes, cut in two at one place of the whole stream, and anything else by ending the stream.
 */
export class ReplayingTransport implements Transport {
  readonly #turns: readonly Turn[];
  readonly #cut: number;

  constructor(turns: readonly Turn[], cut: number) {
    this.#turns = turns;
    this.#cut = cut;
  }

  resolve(host: string): Promise<readonly string[]> {
    return Promise.resolve([host]);
  }

  connect(): Promise<ByteStream> {
    const chunks: (Uint8Array | undefined)[] = [];
    let reader: ((chunk: Uint8Array | undefined) => void) | undefined;
    const deliver = (chunk: Uint8Array | undefined): void => {
      if (reader === undefined) chunks.push(chunk);
      else reader(chunk);
      reader = undefined;
    };
    let turn = 0;
    let sent = 0;
    let closedBecause = "";
    return Promise.resolve({
      write: (chunk) => {
        const expected = this.#turns[turn];
        const request = Buffer.from(chunk).toString("hex");
        if (expected?.request !== request) {
          closedBecause = `request ${turn} is ${request}, recorded was ${expected?.request}`;
          deliver(undefined);
          return;
        }
        turn += 1;
        const replies = new Uint8Array(Buffer.from(expected.replies, "hex"));
        const at = Math.min(Math.max(0, this.#cut - sent), replies.length);
        sent += replies.length;
        if (at > 0) deliver(replies.slice(0, at));
        if (at < replies.length) deliver(replies.slice(at));
      },
      read: () =>
        chunks.length > 0
          ? Promise.resolve(chunks.shift())
          : new Promise((resolve) => {
              reader = resolve;
            }),
      close: () => deliver(undefined),
      get closedBecause() {
        return closedBecause;
      },
    });
  }
}
