import { expect, test } from "bun:test";
import { Glob } from "bun";
import { join } from "node:path";
import { stateNames, transitions } from "../../../src/election/transitions.ts";
import { assetNames, assets, pageHeaders } from "../../../src/http/page/assets.ts";
import { diagram, layouts } from "../../../src/http/page/diagram.ts";

const html = assets["page.html"].text;
const sources = join(import.meta.dir, "../../../src/http/page");

test.each(layouts)("page: the $name diagram has exactly the table's states and edges", (layout) => {
  const svg = diagram(layout);
  const drawn = [...svg.matchAll(/data-edge="([^"]+)"/g)].map(([, edge]) => edge ?? "");
  const table = stateNames.flatMap((from) => transitions[from].map((to) => `${from} ${to}`));
  expect(drawn.toSorted()).toEqual(table.toSorted());
  const states = [...svg.matchAll(/data-state="([^"]+)"/g)].map(([, state]) => state ?? "");
  expect(states.toSorted()).toEqual(stateNames.toSorted());
});

test.each(layouts)(
  "page: the $name diagram stays within its frame, and no edge is a point",
  (layout) => {
    const svg = diagram(layout);
    const numbers = [...svg.matchAll(/(?:M|L|points="| )(-?[\d.]+),(-?[\d.]+)/g)];
    expect(numbers.length).toBeGreaterThan(layouts.length * 10);
    for (const [, x, y] of numbers) {
      expect(Number(x)).toBeWithin(0, layout.width + 1);
      expect(Number(y)).toBeWithin(0, layout.height + 1);
    }
    for (const [, ax, ay, bx, by] of svg.matchAll(/d="M([\d.]+),([\d.]+) L([\d.]+),([\d.]+)"/g)) {
      expect(Math.hypot(Number(bx) - Number(ax), Number(by) - Number(ay))).toBeGreaterThan(30);
    }
  },
);

test("page: it holds both diagrams", () => {
  for (const layout of layouts) expect(html).toContain(diagram(layout));
});

test("page: its policy allows our own files only, and no text becomes code", () => {
  const policy = new Map(pageHeaders).get("Content-Security-Policy") ?? "";
  expect(policy).toStartWith("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
  // What such a policy would refuse is not in the page to begin with.
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/i);
  expect(assets["page.js"].text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|eval\(/);
  expect(assets["page.js"].text).not.toMatch(/document\.write|new Function/);
});

test("page: it names no address but those of its own host", () => {
  for (const { text } of Object.values(assets)) {
    const foreign = [...text.matchAll(/(?:https?:)?\/\/[a-z0-9.-]+/gi)]
      .map(([address]) => address)
      .filter((address) => address !== "http://www.w3.org");
    expect(foreign).toEqual([]);
  }
  expect(assets["page.css"].text).not.toMatch(/url\(|@import/);
  const loaded = [...html.matchAll(/<(?:link|script)[^>]*(?:href|src)="([^"]+)"/g)].map(
    ([, name]) => name ?? "",
  );
  expect(loaded.toSorted()).toEqual(assetNames.toSorted());
});

test("page: what its program looks up is there, once", async () => {
  const wanted = new Set<string>();
  for (const path of new Glob("*.ts").scanSync({ cwd: sources })) {
    const text = await Bun.file(join(sources, path)).text();
    for (const [, id] of text.matchAll(/(?:byId|setText|showRows)\(\s*"([a-z-]+)"/g)) {
      wanted.add(id ?? "");
    }
  }
  expect(wanted.size).toBeGreaterThan(20);
  for (const id of wanted) expect(html.split(`id="${id}"`)).toHaveLength(2);
});

test("page: it has its landmarks, one heading of the first order, and a name for every region", () => {
  for (const landmark of ["<header>", "<main>", "<footer>", 'role="status"']) {
    expect(html.split(landmark)).toHaveLength(2);
  }
  expect(html.match(/<h1/g)).toHaveLength(1);
  for (const [, id] of html.matchAll(/aria-labelledby="([^"]+)"/g))
    expect(html).toContain(`id="${id}"`);
  // What scrolls can be scrolled by keyboard.
  for (const [tag] of html.matchAll(/<div class="scroll"[^>]*>/g))
    expect(tag).toContain('tabindex="0"');
});

type Theme = Readonly<Record<string, string>>;

function themes(): readonly Theme[] {
  const css = assets["page.css"].text;
  const blocks = [...css.matchAll(/:root\s*\{([^}]*)\}/g)].map(([, block = ""]) =>
    Object.fromEntries(
      [...block.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]),
    ),
  );
  const [light = {}, dark = {}] = blocks as Theme[];
  return [light, { ...light, ...dark }];
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Source: WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test("page: every text colour stands out by 4.5 to 1 at least, in both themes", () => {
  for (const theme of themes()) {
    for (const text of ["text", "quiet", "green", "blue", "amber", "grey"]) {
      for (const ground of ["ground", "panel"]) {
        expect(contrast(theme[text] ?? "", theme[ground] ?? "")).toBeGreaterThanOrEqual(4.5);
      }
    }
    for (const accent of ["green", "blue", "amber", "grey"]) {
      expect(contrast(theme["on-accent"] ?? "", theme[accent] ?? "")).toBeGreaterThanOrEqual(4.5);
    }
  }
});
