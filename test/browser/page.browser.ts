import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Replica } from "../integration/replica.ts";
import { type Appearance, Chromium } from "./chromium.ts";
import { openScene, type Scene } from "./scene.ts";

const limitMs = 60_000;
const wide: Appearance = { width: 1280, height: 800, scheme: "light" };

let scene: Scene;
let chromium: Chromium;

beforeAll(async () => {
  scene = await openScene();
  chromium = await Chromium.start();
}, limitMs);

afterAll(async () => {
  await chromium[Symbol.asyncDispose]();
  await scene[Symbol.asyncDispose]();
});

/** Whether the page shows a text, as an expression of the page. */
function shows(selector: string, text: string): string {
  return `document.querySelector(${JSON.stringify(selector)})?.textContent === ${JSON.stringify(text)}`;
}

async function candidates(): Promise<readonly string[]> {
  const expression = `[...document.querySelectorAll("#line li")].map((item) => item.textContent)`;
  return (await chromium.evaluate(expression)) as readonly string[];
}

function byId(id: string): Replica {
  const found = scene.current().find((replica) => replica.id === id);
  if (found === undefined) throw new Error(`no replica ${id}`);
  return found;
}

test(
  "page: follows a real hand-over, on the page of the one who waits behind both",
  async () => {
    const { leader } = scene;
    const [, second = "", third = ""] = await lineSeenFrom(leader);
    // It is told of nothing by the line: only who looks on makes it read who leads.
    await chromium.open(scene.pageOf(byId(third)), wide);
    await chromium.until("who leads", shows("#leader a", leader.id));
    expect(await chromium.evaluate(`document.querySelector("#leader a").href`)).toBe(
      scene.pageOf(leader),
    );
    expect(await chromium.text("#state")).toBe("Attempter");
    expect(await candidates()).toEqual([leader.id, second, third]);

    leader.kill("SIGUSR1");
    await chromium.until("the new leader", shows("#leader a", second));
    await chromium.until(
      "the line with the old leader at its end",
      `document.querySelector("#line li:last-child").textContent === ${JSON.stringify(leader.id)}`,
    );
    expect(await candidates()).toEqual([second, third, leader.id]);
    expect(await chromium.text("#place")).toBe("1 of 2 waiting, next to lead");
    expect(await chromium.text("#changes tr:first-child")).toContain(second);
    expect(await chromium.text("#announcement")).toContain(`${second} leads.`);

    byId(second).kill("SIGUSR1");
    await chromium.until("its own leadership", shows("#state", "Leader"));
    await chromium.until("its first file", `document.querySelector("#files time") !== null`);
    const lit = `[...document.querySelectorAll(".wide .present")].map((g) => g.dataset.state)`;
    expect(await chromium.evaluate(lit)).toEqual(["Leader"]);
    const edge = `document.querySelector('.wide [data-edge="Attempter Leader"]')`;
    expect(await chromium.evaluate(`${edge}.textContent.endsWith("1")`)).toBe(true);
    expect(await chromium.evaluate(`${edge}.classList.contains("last")`)).toBe(true);
    expect(await chromium.text("#leader")).toBe(`${third} this replica`);
  },
  limitMs,
);

async function lineSeenFrom(replica: Replica): Promise<readonly string[]> {
  await chromium.open(scene.pageOf(replica), wide);
  await chromium.until("three candidates", `document.querySelectorAll("#line li").length === 3`);
  return await candidates();
}

test(
  "page: the leader's lease drains and is filled again by a renewal",
  async () => {
    await onThePageOfTheLeader();
    const share = `Number(document.querySelector("#lease-fill").style.getPropertyValue("--share"))`;
    await chromium.until("a full bar", `${share} > 0.9`);
    await chromium.until("a bar that drains", `${share} < 0.8`);
    await chromium.until("a bar that is full again", `${share} > 0.9`);
    expect(await chromium.text("#lease-text")).toMatch(/^\d\.\d of 6\.7 s left$/);
  },
  limitMs,
);

/** Opens it, whoever leads by now. */
async function onThePageOfTheLeader(): Promise<Replica> {
  for (const replica of scene.current()) {
    await chromium.open(scene.pageOf(replica), wide);
    await chromium.until("a leader", `document.querySelector("#leader").textContent !== "unknown"`);
    if ((await chromium.text("#state")) === "Leader") return replica;
  }
  throw new Error("nobody leads");
}

test(
  "page: says that its replica is gone, and goes on when it is back, with the history kept",
  async () => {
    const leader = await onThePageOfTheLeader();
    const before = await chromium.text("#process");
    leader.kill("SIGTERM");
    await chromium.until("the loss", shows("#live-text", "connection lost, trying again"));
    expect(await chromium.text("#state")).toBe("Stopping");
    expect(await leader.exited).toBe(0);

    scene.restart(leader);
    await chromium.until("the return", shows("#live-text", "live"));
    await chromium.until(
      "another process",
      `document.querySelector("#process").textContent !== ${JSON.stringify(before)}`,
    );
    await chromium.until("its state", shows("#state", "Attempter"));
    const changes = await chromium.text("#changes");
    expect(changes).toContain(`${leader.id}ended: signal`);
    expect(await chromium.text("#changes-note")).toBe("kept in state-dir");
  },
  limitMs,
);

test(
  "page: is operated by keyboard, and tells who cannot see it",
  async () => {
    const leader = await onThePageOfTheLeader();
    const focused = `document.activeElement.className || document.activeElement.id`;
    await chromium.press("Tab");
    expect(await chromium.evaluate(focused)).toBe("skip");
    await chromium.press("Tab");
    expect(await chromium.evaluate(focused)).toBe("scroll");

    const { nodes } = await chromium.command("Accessibility.getFullAXTree");
    const named = (nodes as AccessibleNode[])
      .filter(({ ignored }) => !ignored)
      .map(({ role, name }) => `${role?.value}: ${name?.value ?? ""}`);
    for (const landmark of ["banner: ", "main: ", "contentinfo: "])
      expect(named).toContain(landmark);
    expect(named).toContain("heading: Leader");
    for (const region of ["Leadership", "Resources", "Failover bound", "Configuration"]) {
      expect(named.some((node) => node.startsWith(`heading: ${region}`))).toBe(true);
    }
    const images = named.filter((node) => node.startsWith("image: State machine. Now: Leader."));
    // Of the two drawings only the one that is seen is told.
    expect(images).toHaveLength(1);
    expect(images[0]).toMatch(/Attempter to Leader: \d/);
    expect(named.some((node) => node.startsWith("meter: Lease"))).toBe(true);
    expect(await chromium.text("#announcement")).toStartWith(`${leader.id} is in state Leader`);
  },
  limitMs,
);

interface AccessibleNode {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
}

test.each([
  { width: 1280, height: 800, scheme: "light" },
  { width: 1280, height: 800, scheme: "dark" },
  { width: 768, height: 1024, scheme: "light" },
  { width: 320, height: 640, scheme: "dark" },
] as const)(
  "page: fits a window of $width pixels, in $scheme colours",
  async (appearance) => {
    const [replica] = scene.current();
    if (replica === undefined) throw new Error("no replica");
    await chromium.open(scene.pageOf(replica), appearance);
    await chromium.until("three candidates", `document.querySelectorAll("#line li").length === 3`);
    expect(await chromium.evaluate("document.documentElement.scrollWidth")).toBe(appearance.width);
    const drawn = `[...document.querySelectorAll(".diagram")].filter((svg) => svg.checkVisibility()).length`;
    expect(await chromium.evaluate(drawn)).toBe(1);
    const ground = await chromium.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(ground).toBe(appearance.scheme === "dark" ? "rgb(18, 20, 21)" : "rgb(251, 251, 250)");
  },
  limitMs,
);

test("page: asked nobody but its own replicas, and broke no policy", () => {
  const own = scene.current().map((replica) => new URL(scene.pageOf(replica)).origin);
  const origins = new Set(chromium.requested.map((url) => new URL(url).origin));
  expect([...origins].filter((origin) => !own.includes(origin))).toEqual([]);
  // While the replica was away the browser could not reach it, and says so.
  const unexpected = chromium.complaints.filter((text) => !text.includes("net::ERR_"));
  expect(unexpected).toEqual([]);
});
