import type { Environment, FileReading } from "../../src/options/environment.ts";

export interface Given {
  readonly variables?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string | { readonly failed: string }>>;
  readonly terminal?: boolean;
}

/** An environment that a test has made up. */
export function environmentOf(given: Given = {}): Environment {
  return {
    variables: given.variables ?? {},
    readFile: (path) => reading(given.files?.[path]),
    hostName: "host",
    nonce: new Uint8Array([0xab, 0xcd]),
    terminal: given.terminal ?? false,
  };
}

function reading(file: string | { readonly failed: string } | undefined): FileReading {
  if (file === undefined) return { kind: "absent" };
  if (typeof file === "string") return { kind: "read", text: file };
  return { kind: "failed", detail: file.failed };
}
