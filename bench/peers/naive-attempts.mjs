// The naive design on the npm package `zookeeper`, which runs under Node: every second each
// candidate attempts to create the ephemeral node, and watches nothing. Whoever created it leads
// while its client is connected.
//   node naive-attempts.mjs SERVERS PATH DIRECTORY NAME INTERVAL_MS SESSION_MS SIZE
// SIGTERM ends the duty and closes the session, which takes the node away. A line `end NAME` on the
// standard input does this to one candidate of many, which comes back after a while.
import { mkdirSync } from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ZooKeeper = createRequire(import.meta.url)("zookeeper");
const { constants } = ZooKeeper;
const [servers, path, directory, ownName, interval, session, size] = process.argv.slice(2);
const attemptEveryMs = 1_000;
const absenceMs = 3_000;
const capacity = 10;

async function flushed(file, flags, text) {
  const handle = await open(file, flags);
  if (text !== undefined) await handle.writeFile(text);
  await handle.sync();
  await handle.close();
}

async function write(name, term, sequence) {
  const stemOf = (number) =>
    `${String(term).padStart(19, "0")}-${String(number).padStart(10, "0")}`;
  const stem = stemOf(sequence);
  const temporary = join(directory, `.${stem}.${name}.tmp`);
  const record = { replica: name, epoch: String(term), sequence };
  await flushed(temporary, "wx", `${JSON.stringify(record)}\n`);
  await rename(temporary, join(directory, `${stem}.json`));
  await flushed(directory, "r");
  if (sequence > capacity) await unlink(join(directory, `${stemOf(sequence - capacity)}.json`));
}

class Candidate {
  #client;
  #owns = false;
  #writing = Promise.resolve();
  #timers = [];

  constructor(name) {
    this.name = name;
    this.#open();
  }

  get #leads() {
    return this.#owns && this.#client.state === constants.ZOO_CONNECTED_STATE;
  }

  #open() {
    const client = new ZooKeeper({
      connect: servers,
      timeout: Number(session),
      debug_level: constants.ZOO_LOG_LEVEL_ERROR,
      host_order_deterministic: false,
    });
    this.#client = client;
    client.once("connect", () => {
      process.stdout.write("ready\n");
      void this.#attempt(client);
      this.#timers.push(setInterval(() => void this.#attempt(client), attemptEveryMs));
    });
    // The session has expired: what it owned is gone, and a new one is needed.
    client.once("close", () => {
      if (this.#client !== client) return;
      this.#forget();
      this.#open();
    });
    client.init({});
  }

  #forget() {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#owns = false;
  }

  async #attempt(client) {
    if (this.#owns || client.state !== constants.ZOO_CONNECTED_STATE) return;
    try {
      await client.create(path, Buffer.from(this.name), constants.ZOO_EPHEMERAL);
    } catch {
      return;
    }
    if (this.#client !== client) return;
    this.#owns = true;
    // It has no number that rises with each leader; on one machine the clock does.
    const term = process.hrtime.bigint();
    let sequence = 0;
    const act = () => {
      if (!this.#leads) return;
      sequence += 1;
      const number = sequence;
      this.#writing = this.#writing.then(() => write(this.name, term, number));
    };
    act();
    this.#timers.push(setInterval(act, Number(interval)));
  }

  /** Ends the duty, lets the effect under way end, and closes the session. */
  async stop() {
    const client = this.#client;
    this.#client = undefined;
    this.#forget();
    await this.#writing;
    client.close();
  }

  async leaveFor(ms) {
    await this.stop();
    setTimeout(() => this.#open(), ms);
  }
}

mkdirSync(directory, { recursive: true });
const many = Number(size) > 1;
const candidates = new Map();
for (let index = 0; index < Number(size); index += 1) {
  const name = many ? `${ownName}-${index}` : ownName;
  candidates.set(name, new Candidate(name));
  if (many) await new Promise((resolve) => setTimeout(resolve, 10));
}
process.on("SIGTERM", async () => {
  // Sessions of a crowd run out by themselves.
  if (!many) await Promise.all([...candidates.values()].map((candidate) => candidate.stop()));
  process.exit(0);
});
if (many) {
  createInterface({ input: process.stdin }).on("line", (line) => {
    void candidates.get(line.replace(/^end /u, ""))?.leaveFor(absenceMs);
  });
}
