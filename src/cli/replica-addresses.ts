import { formatHttpAddress, parseHttpAddress, type HttpAddress } from "../http/http-address.ts";
import { loadOptions } from "../options/load.ts";
import { options, optionTable } from "../daemon/options.ts";
import { quoted } from "../base/quoted.ts";
import type { Environment } from "../options/environment.ts";
import type { ReplicaInfo } from "../election/ports/coordinator.ts";
import type { Operands } from "./command.ts";
import { optionFlags } from "./option-flags.ts";
import type { Arguments } from "./read-arguments.ts";

/** Where replicas answer: at least one. */
export type Addresses = readonly [HttpAddress, ...HttpAddress[]];

/** The addresses of replicas, as words of a command line. */
export function addressOperands(most: number): Operands {
  const one = "Where a replica answers HTTP";
  const several = most > 1 ? `, up to ${most} of them` : "";
  const description = `${one}${several}; without it, where --http-address says.`;
  return { name: "address", description, most };
}

/** The flags of a command that asks replicas. */
export const addressFlags = optionFlags([options.httpAddress, options.envFile]);

type FoundAddresses =
  | { readonly kind: "found"; readonly addresses: Addresses }
  | { readonly kind: "refused"; readonly problems: readonly string[] };

/** The addresses that were given as words, else the one of the options. */
export function replicaAddresses(given: Arguments, environment: Environment): FoundAddresses {
  const [extra] = given.rest;
  if (extra !== undefined) return refused(`unexpected argument ${quoted(extra)} behind --`);
  const addresses: HttpAddress[] = [];
  for (const word of given.operands) {
    const parsed = parseHttpAddress(word);
    if (parsed.kind === "invalid") return refused(`${quoted(word)}: expected ${parsed.expected}`);
    addresses.push(parsed.value);
  }
  const [first, ...more] = addresses;
  if (first !== undefined && given.values.has(options.httpAddress.flag)) {
    return refused("--http-address: expected either it or addresses, but both are given");
  }
  if (first !== undefined) return reachable([first, ...more]);
  const loading = loadOptions(optionTable, ["httpAddress", "envFile"], given.values, environment);
  if (loading.kind === "invalid") return { kind: "refused", problems: loading.problems };
  const { httpAddress } = loading.config;
  if (httpAddress !== null) return reachable([httpAddress]);
  const flag = "--http-address=<address>";
  return refused(`--http-address is missing: expected ${flag}, as the replica has it`);
}

function reachable(addresses: Addresses): FoundAddresses {
  if (addresses.some((address) => address.kind === "tcp" && address.port === 0)) {
    return refused("--http-address: expected the port that the replica took, but it is 0");
  }
  return { kind: "found", addresses };
}

function refused(problem: string): FoundAddresses {
  return { kind: "refused", problems: [problem] };
}

/** Where a replica can be asked from this host; else why it cannot. */
type Route =
  | { readonly kind: "route"; readonly address: HttpAddress }
  | { readonly kind: "none"; readonly why: string };

/** The way from this host to a replica, by what the replica says of itself. */
export function routeTo(info: ReplicaInfo, hostName: string): Route {
  if (info.httpAddress === null) return { kind: "none", why: "it has no --http-address" };
  const parsed = parseHttpAddress(info.httpAddress);
  if (parsed.kind === "invalid") return { kind: "none", why: "its address makes no sense" };
  const address = parsed.value;
  const isHere = info.host === hostName;
  if (isHere) return { kind: "route", address };
  if (address.kind === "tcp" && ["0.0.0.0", "::"].includes(address.host)) {
    return { kind: "route", address: { ...address, host: info.host } };
  }
  if (address.kind === "unix" || /^(?:localhost|::1|127\..*)$/.test(address.host)) {
    const place = formatHttpAddress(address);
    return { kind: "none", why: `it answers at ${place} on its own host only` };
  }
  return { kind: "route", address };
}
