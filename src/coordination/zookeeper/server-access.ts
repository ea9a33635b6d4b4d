import type { Config } from "../../daemon/options.ts";
import { readSmallFile } from "../../options/environment.ts";
import { readTlsFiles } from "../../options/tls-files.ts";
import { type Access, digestAccess, openAccess, ownAcl } from "../../zookeeper/access.ts";
import { openAcl } from "../../zookeeper/protocol/records.ts";
import { TcpTransport } from "../../zookeeper/transport/tcp-transport.ts";

/** The settings that say how the servers are reached. */
export type TransportConfig = Pick<Config, "zkTlsCa" | "zkTlsCert" | "zkTlsKey">;

/** The settings that say who we are to them. */
export type AccessConfig = Pick<Config, "zkAuth" | "zkAuthFile" | "zkAcl">;

/** What the settings of TcpTransport are called on the command line. */
const settingNames = {
  servers: "--zk-servers",
  ca: "--zk-tls-ca",
  cert: "--zk-tls-cert",
  key: "--zk-tls-key",
};

/** TLS where an authority is named. The files are read for every connection: they get replaced. */
export function transportOf(config: TransportConfig): TcpTransport {
  const { zkTlsCa, zkTlsCert, zkTlsKey } = config;
  if (zkTlsCa === null) return new TcpTransport(undefined, settingNames);
  const files = { authorities: zkTlsCa, certificate: zkTlsCert, key: zkTlsKey };
  return new TcpTransport(() => {
    const reading = readTlsFiles(files, readSmallFile);
    if (reading.kind === "invalid") throw new Error(reading.expected);
    return reading.value;
  }, settingNames);
}

/** A login alone is enough reason to keep others from our nodes. */
export function accessOf(config: AccessConfig): Access {
  const login = config.zkAuth ?? config.zkAuthFile;
  const access = login === null ? openAccess : digestAccess(login.user, login.password);
  if (config.zkAcl === null) return access;
  return { ...access, acl: config.zkAcl === "own" ? ownAcl : openAcl };
}
