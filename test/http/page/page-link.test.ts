import { expect, test } from "bun:test";
import { pageLink } from "../../../src/http/page/page-link.ts";

const far = { host: "zone-b", ownHost: "zone-a", viewedAt: "zone-a.example" };
const near = { host: "zone-a", ownHost: "zone-a", viewedAt: "localhost" };

test.each([
  ["an address", { ...far, httpAddress: "10.0.0.2:8080" }, "http://10.0.0.2:8080/"],
  ["a name", { ...far, httpAddress: "b.example:80" }, "http://b.example:80/"],
  ["IPv6", { ...far, httpAddress: "[fd00::2]:8080" }, "http://[fd00::2]:8080/"],
  ["every interface", { ...far, httpAddress: "0.0.0.0:8080" }, "http://zone-b:8080/"],
  ["every interface of IPv6", { ...far, httpAddress: "[::]:8080" }, "http://zone-b:8080/"],
  ["every interface beside us", { ...near, httpAddress: "0.0.0.0:81" }, "http://localhost:81/"],
  ["loopback beside us", { ...near, httpAddress: "127.0.0.1:8081" }, "http://localhost:8081/"],
  [
    "loopback beside us over IPv6",
    { ...near, viewedAt: "[::1]", httpAddress: "[::1]:8081" },
    "http://[::1]:8081/",
  ],
])("page link: %s is reached", (_, link, url) => {
  expect(pageLink(link)).toBe(url);
});

test.each([
  ["nothing", { ...far, httpAddress: null }],
  ["a socket", { ...far, httpAddress: "unix:/run/election.sock" }],
  ["loopback of another host", { ...far, httpAddress: "127.0.0.1:8080" }],
  ["loopback, seen from elsewhere", { ...near, viewedAt: "zone-a", httpAddress: "localhost:80" }],
  ["a script", { ...far, httpAddress: "javascript:alert(1)" }],
  ["a name with a trick", { ...far, httpAddress: "a.example/@b:80" }],
  ["a host with a trick", { ...far, host: "evil.example/x?", httpAddress: "0.0.0.0:80" }],
  ["a port that is none", { ...far, httpAddress: "b.example:99999" }],
])("page link: %s has no link", (_, link) => {
  expect(pageLink(link)).toBeUndefined();
});
