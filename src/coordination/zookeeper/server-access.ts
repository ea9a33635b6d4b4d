import type { Scheduler } from "../../base/scheduler.ts";
import { readSmallFile } from "../../options/environment.ts";
import { readTlsFiles } from "../../options/tls-files.ts";
import { type Access, digestAccess, openAccess, ownAcl } from "../../zookeeper/access.ts";
import type { ServerAddress } from "../../zookeeper/connection-string.ts";
import { openAcl } from "../../zookeeper/protocol/records.ts";
import { TcpTransport } from "../../zookeeper/transport/tcp-transport.ts";
import type { Transport } from "../../zookeeper/transport/transport.ts";
import { basePathOf } from "./leadership/layout.ts";
import { type ServiceConfig, tlsFlags } from "./options.ts";

/** How a service is reached: what every client of it is made with. */
export interface ServerAccess {
  readonly servers: readonly ServerAddress[];
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  /** Who we are to the servers. */
  readonly access: Access;
  /** The path of the service's records, chroot included. */
  readonly basePath: string;
  /** The session timeout to ask for, in milliseconds. */
  readonly sessionTimeoutMs: number;
}

/** @param transport by TCP, or by TLS where an authority is named, unless it is given */
export function serverAccessOf(
  config: ServiceConfig,
  scheduler: Scheduler,
  transport: Transport = transportOf(config),
): ServerAccess {
  const { zkServers, zkPath, sessionTimeoutMs } = config;
  return {
    servers: zkServers.servers,
    transport,
    scheduler,
    access: accessOf(config),
    basePath: basePathOf(zkServers.chroot, zkPath),
    sessionTimeoutMs,
  };
}

/** What the settings of TcpTransport are called on the command line. */
const settingNames = {
  servers: "--zk-servers",
  ca: "--zk-tls-ca",
  cert: "--zk-tls-cert",
  key: "--zk-tls-key",
};

/** TLS where an authority is named. The files are read for every connection: they get replaced. */
function transportOf(config: ServiceConfig): Transport {
  const { zkTlsCa, zkTlsCert, zkTlsKey } = config;
  if (zkTlsCa === null) return new TcpTransport(undefined, settingNames);
  const files = { authorities: zkTlsCa, certificate: zkTlsCert, key: zkTlsKey };
  return new TcpTransport(() => {
    const reading = readTlsFiles(files, tlsFlags, readSmallFile);
    if (reading.kind === "invalid") throw new Error(reading.expected);
    return reading.value;
  }, settingNames);
}

/** A login alone is enough reason to keep others from our nodes. */
function accessOf({ zkAuth, zkAuthFile, zkAcl = null }: ServiceConfig): Access {
  const login = zkAuth ?? zkAuthFile;
  const access = login === null ? openAccess : digestAccess(login.user, login.password);
  if (zkAcl === null) return access;
  return { ...access, acl: zkAcl === "own" ? ownAcl : openAcl };
}
