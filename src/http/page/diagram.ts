import { type StateName, stateNames, transitions } from "../../election/transitions.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A drawing of the state machine: a state of the table that has no place does not compile. */
interface DiagramLayout {
  readonly name: "wide" | "narrow";
  readonly width: number;
  readonly height: number;
  readonly box: { readonly width: number; readonly height: number };
  readonly places: Readonly<Record<StateName, Point>>;
}

export const layouts: readonly DiagramLayout[] = [
  {
    name: "wide",
    width: 600,
    height: 226,
    box: { width: 108, height: 40 },
    places: {
      Init: { x: 56, y: 28 },
      Attempter: { x: 300, y: 28 },
      Leader: { x: 544, y: 28 },
      Failover: { x: 178, y: 198 },
      Stopping: { x: 422, y: 198 },
    },
  },
  {
    name: "narrow",
    width: 320,
    height: 340,
    box: { width: 90, height: 38 },
    places: {
      Init: { x: 47, y: 26 },
      Attempter: { x: 273, y: 26 },
      Leader: { x: 273, y: 170 },
      Failover: { x: 47, y: 170 },
      Stopping: { x: 160, y: 314 },
    },
  },
];

/** The distance of each of two edges between the same states from the middle of both. */
const pairOffset = 9;
/** The place of an edge's count, as a share of its length: edges cross nearer to their middle. */
const countShare = 0.3;
/** Between an arrow's tip and the box it points at. */
const gap = 2;
const arrowLength = 9;
const arrowHalfWidth = 4;

/** The state machine as SVG, drawn from its table: each edge is a group named in `data-edge`. */
export function diagram(layout: DiagramLayout): string {
  const { name, width, height } = layout;
  const edges = stateNames.flatMap((from) =>
    transitions[from].map((to: StateName) => edge(layout, from, to)),
  );
  const states = stateNames.map((state) => box(layout, state));
  return [
    `<svg class="diagram ${name}" viewBox="0 0 ${width} ${height}" role="img" aria-label="">`,
    ...edges,
    ...states,
    "</svg>",
  ].join("\n");
}

function box({ places, box: { width, height } }: DiagramLayout, state: StateName): string {
  const { x, y } = places[state];
  const [left, top] = [x - width / 2, y - height / 2];
  return (
    `<g class="state" data-state="${state}">` +
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="5"/>` +
    `<text x="${x}" y="${y}">${state}</text></g>`
  );
}

function edge(layout: DiagramLayout, from: StateName, to: StateName): string {
  const successors: readonly StateName[] = transitions[to];
  const offset = successors.includes(from) ? pairOffset : 0;
  const [start, end] = [layout.places[from], layout.places[to]];
  const length = Math.hypot(end.x - start.x, end.y - start.y);
  const along = { x: (end.x - start.x) / length, y: (end.y - start.y) / length };
  // To the right of the direction of travel, so the two of a pair part ways.
  const aside = { x: -along.y * offset, y: along.x * offset };
  const back = { x: -along.x, y: -along.y };
  const tail = move(start, along, reach(layout, along, aside), aside);
  const tip = move(end, back, reach(layout, back, aside) + gap, aside);
  const neck = move(tip, along, -arrowLength, { x: 0, y: 0 });
  const count = {
    x: tail.x + (tip.x - tail.x) * countShare,
    y: tail.y + (tip.y - tail.y) * countShare,
  };
  const barb = (side: number): string =>
    point({ x: neck.x - along.y * side, y: neck.y + along.x * side });
  return (
    `<g class="edge" data-edge="${from} ${to}">` +
    `<title>${from} to ${to}</title>` +
    `<path d="M${point(tail)} L${point(neck)}"/>` +
    `<polygon points="${point(tip)} ${barb(arrowHalfWidth)} ${barb(-arrowHalfWidth)}"/>` +
    `<text x="${round(count.x)}" y="${round(count.y)}"></text></g>`
  );
}

/** How far it is to the border of a box, in a direction and from `aside` of its middle. */
function reach({ box: { width, height } }: DiagramLayout, along: Point, aside: Point): number {
  return Math.min(reachOn(along.x, aside.x, width / 2), reachOn(along.y, aside.y, height / 2));
}

function reachOn(along: number, aside: number, half: number): number {
  if (Math.abs(along) < 1e-9) return Number.POSITIVE_INFINITY;
  return (Math.sign(along) * half - aside) / along;
}

function move(from: Point, along: Point, distance: number, aside: Point): Point {
  return { x: from.x + along.x * distance + aside.x, y: from.y + along.y * distance + aside.y };
}

function point({ x, y }: Point): string {
  return `${round(x)},${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
