/** One connection of a server, as `cons` tells it. */
interface Connection {
  readonly received: number;
  /** Whether its last request was a ping. */
  readonly wasPing: boolean;
}

/** `/127.0.0.1:40000[1](queued=0,recved=3,sent=3,sid=0x1,lop=PING,...)` */
const line = /^ \/(?<from>[\d.:a-f]+)\[\d+\]\((?<fields>.*)\)$/gmu;

/** How many requests each connection has sent so far. Source: `cons`, of all servers. */
export class ConnectionCounts {
  readonly #connections: ReadonlyMap<string, Connection>;

  /** @param answers what servers say to `cons`, each with what tells it from the others */
  constructor(answers: readonly (readonly [server: string, answer: string])[]) {
    const entries = answers.flatMap(([server, answer]) =>
      [...answer.matchAll(line)].map(({ groups }) => {
        const fields = groups?.["fields"] ?? "";
        const received = Number(/recved=(\d+)/u.exec(fields)?.[1] ?? 0);
        const wasPing = /lop=PING/u.test(fields);
        return [`${server} ${groups?.["from"]}`, { received, wasPing }] as const;
      }),
    );
    this.#connections = new Map(entries);
  }

  /**
   * The requests of those connections that are in both, without their pings as far as can be told:
   * a connection that pinged last is taken to have pinged once.
   */
  requestsUntil(later: ConnectionCounts): number {
    let sum = 0;
    for (const [key, { received, wasPing }] of later.#connections) {
      const earlier = this.#connections.get(key);
      const more = received - (earlier?.received ?? received);
      sum += wasPing ? Math.max(0, more - 1) : more;
    }
    return sum;
  }

  /** All that was received, pings too, from clients at these ports. */
  receivedFrom(ports: ReadonlySet<number>): number {
    let sum = 0;
    for (const [key, { received }] of this.#connections) {
      if (ports.has(Number(key.slice(key.lastIndexOf(":") + 1)))) sum += received;
    }
    return sum;
  }
}
