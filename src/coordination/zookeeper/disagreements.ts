import type { ReadFile } from "../../options/named-file.ts";
import type { Config } from "../../daemon/options.ts";
import { readTlsFiles } from "../../options/tls-files.ts";

/** What is wrong with options that are right each by itself: one line per problem. */
export function disagreements(config: Config, readFile: ReadFile): readonly string[] {
  const { zkTlsCa, zkTlsCert, zkTlsKey, zkAuth, zkAuthFile, zkAcl } = config;
  const problems: string[] = [];
  if ((zkTlsCert === null) !== (zkTlsKey === null)) {
    const missing = zkTlsCert === null ? "zk-tls-cert" : "zk-tls-key";
    problems.push(`--${missing} is missing: expected --zk-tls-cert and --zk-tls-key together`);
  } else if (zkTlsCa === null && zkTlsCert !== null) {
    problems.push("--zk-tls-ca is missing: expected it beside --zk-tls-cert and --zk-tls-key");
  } else if (zkTlsCa !== null) {
    const files = { authorities: zkTlsCa, certificate: zkTlsCert, key: zkTlsKey };
    const reading = readTlsFiles(files, readFile);
    if (reading.kind === "invalid") problems.push(reading.expected);
  }
  if (zkAuth !== null && zkAuthFile !== null) {
    problems.push("--zk-auth-file and ELECTION_ZK_AUTH: expected one of them");
  }
  if (zkAcl === "own" && zkAuth === null && zkAuthFile === null && zkTlsCert === null) {
    problems.push('--zk-acl "own": expected --zk-auth-file or --zk-tls-cert to go with it');
  }
  return problems;
}
