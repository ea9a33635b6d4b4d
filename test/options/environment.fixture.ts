import { valid } from "../../src/options/parsed.ts";
import type { FileReading, Surroundings } from "../../src/options/environment.ts";
import { parseServers } from "../../src/coordination/zookeeper/server-list.ts";

export interface Given {
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string | { readonly failed: string }>>;
  readonly terminal?: boolean;
}

/** Surroundings that a test has made up, with the real parser of the servers. */
export function surroundings(given: Given = {}): Surroundings {
  return {
    environment: given.environment ?? {},
    readFile: (path) => reading(given.files?.[path]),
    hostName: "host",
    nonce: new Uint8Array([0xab, 0xcd]),
    terminal: given.terminal ?? false,
    journal: false,
    parseServers,
  };
}

function reading(file: string | { readonly failed: string } | undefined): FileReading {
  if (file === undefined) return { kind: "absent" };
  if (typeof file === "string") return { kind: "read", text: file };
  return { kind: "failed", detail: file.failed };
}

/** Surroundings in which any list of servers will do. */
export function anyServers(given: Given = {}): Surroundings {
  return { ...surroundings(given), parseServers: () => valid({ servers: [], chroot: "" }) };
}
