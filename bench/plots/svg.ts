import type { ContenderName } from "../peers/contender.ts";

/** Told apart by people who see colours differently, too. Source: Okabe and Ito, 2008 */
export const colours: Readonly<Record<ContenderName, string>> = {
  election: "#0072b2",
  kazoo: "#d55e00",
  Curator: "#009e73",
  naive: "#cc79a7",
  etcd: "#777777",
};
export const ink = "#222222";
export const faint = "#d8d8d8";

interface TextStyle {
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
  readonly weight?: "bold" | "normal";
  readonly colour?: string;
}

export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { anchor = "start", size = 12, weight = "normal", colour = ink } = style;
  const look = `text-anchor="${anchor}" font-size="${size}" font-weight="${weight}"`;
  return `<text x="${place(x)}" y="${place(y)}" ${look} fill="${colour}">${escaped(content)}</text>`;
}

export function line(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  colour: string,
  width = 1,
): string {
  const ends = `x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}"`;
  return `<line ${ends} stroke="${colour}" stroke-width="${width}"/>`;
}

export function dot(x: number, y: number, radius: number, colour: string, opacity = 1): string {
  const at = `cx="${place(x)}" cy="${place(y)}" r="${radius}"`;
  return `<circle ${at} fill="${colour}" fill-opacity="${opacity}"/>`;
}

export function path(points: readonly (readonly [number, number])[], colour: string): string {
  const steps = points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${place(x)} ${place(y)}`);
  return `<path d="${steps.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`;
}

/** A whole picture, on white, whatever the page around it is. */
export function picture(
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="sans-serif">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
