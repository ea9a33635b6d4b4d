import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { RealScheduler } from "../../../src/system/real-scheduler.ts";
import { ZooKeeperClient } from "../../../src/zookeeper/client.ts";
import { TcpTransport, type TlsSettings } from "../../../src/zookeeper/transport/tcp-transport.ts";
import { Authority, type Certificate, keyStoreOf } from "../../authority.ts";
import { temporaryDirectory } from "../replica.ts";
import { startServer, type ZooKeeperServer } from "../zookeeper-server.ts";
import { connect, sessionTimeoutMs } from "./real-client.fixture.ts";

/** The server speaks 1.2 unless told else. */
const version13 = [
  "ssl.protocol=TLSv1.3",
  "ssl.enabledProtocols=TLSv1.3",
  "ssl.ciphersuites=TLS_AES_128_GCM_SHA256",
];
const directory = temporaryDirectory();
let authority: Authority;
let server: ZooKeeperServer;

beforeAll(async () => {
  authority = new Authority(directory.path, "authority");
  const keyStore = keyStoreOf(authority.certificate("server", { names: "IP:127.0.0.1" }));
  server = await startServer({ tls: { keyStore, trustStore: authority.file }, config: version13 });
}, 40_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

function shows(certificate: Certificate | undefined): TlsSettings {
  const ca = readFileSync(authority.file);
  if (certificate === undefined) return { ca };
  return { ca, cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) };
}

function secureServers(): readonly { readonly host: string; readonly port: number }[] {
  return server.secureAddress === undefined ? [] : [server.secureAddress];
}

test("tls: by TLS 1.3 a server knows us by our certificate, and by the new one after it", async () => {
  const certificates = [authority.certificate("first"), authority.certificate("second")];
  const transport = new TcpTransport(() => shows(certificates[0]));
  for (const name of ["first", "second"]) {
    await using real = await connect([], { servers: secureServers(), transport });
    const known = await real.client.whoAmI();
    expect(known).toContainEqual({ scheme: "x509", user: `CN=${name}` });
    certificates.shift();
  }
});

test("tls: by TLS 1.3, whose refusals come late, a server says why as well", async () => {
  const stranger = new Authority(directory.path, "strangers").certificate("stranger");
  const refused = [
    { settings: shows(undefined), told: "it demands a client certificate" },
    {
      settings: { ...shows(stranger), ownCertificate: "CN=stranger" },
      told: "it does not accept our client certificate (CN=stranger)",
    },
  ];
  for (const { settings, told } of refused) {
    const heard = Promise.withResolvers<string>();
    const client = new ZooKeeperClient({
      servers: secureServers(),
      sessionTimeoutMs,
      scheduler: new RealScheduler(),
      transport: new TcpTransport(() => settings),
      observe: (event) => {
        if (event.kind === "attempt-failed") heard.resolve(event.detail);
      },
    });
    expect(await heard.promise).toContain(told);
    client.abandon();
  }
});
