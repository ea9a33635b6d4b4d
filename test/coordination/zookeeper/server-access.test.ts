import { expect, test } from "bun:test";
import { serverAccessOf } from "../../../src/coordination/zookeeper/server-access.ts";
import { FakeScheduler } from "../../fake/scheduler.ts";

test("server access: a server that speaks TLS is met with the option that makes us speak it", () => {
  const config = {
    zkServers: { servers: [{ host: "a", port: 2181 }], chroot: "/below" },
    zkPath: "/election",
    sessionTimeoutMs: 1_000,
    zkTlsCa: null,
    zkTlsCert: null,
    zkTlsKey: null,
    zkAuth: null,
    zkAuthFile: null,
  };
  const access = serverAccessOf(config, new FakeScheduler());
  expect(access.transport.tlsHint).toBe("give --zk-tls-ca");
  expect(access.basePath).toBe("/below/election");
});
