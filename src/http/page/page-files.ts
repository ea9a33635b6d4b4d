import { readFileSync } from "node:fs";
import { join } from "node:path";
import { diagram, layouts } from "./diagram.ts";

/** The files of the page, by the names under which they are served. */
export interface PageFiles {
  readonly "page.html": string;
  readonly "page.css": string;
  readonly "page.js": string;
  readonly "icon.svg": string;
}

const diagramMark = "<!-- diagram -->";

/**
 * Makes the page's files out of their sources. It is called as a macro, while the program is
 * built: so the program carries the texts, and neither needs nor finds the sources when it runs.
 */
export function pageFiles(): PageFiles {
  return {
    "page.html": source("page.html").replace(diagramMark, layouts.map(diagram).join("\n")),
    "page.css": source("theme.css") + source("page.css"),
    "page.js": script(join(import.meta.dir, "client.ts")),
    "icon.svg": source("icon.svg"),
  };
}

/** A bundler in a process of its own: the one that runs this macro waits for it to end. */
function script(path: string): string {
  const command = [process.execPath, "build", path, "--target=browser", "--minify"];
  const { success, stdout, stderr } = Bun.spawnSync(command);
  if (!success) throw new Error(`${path} does not build: ${stderr.toString()}`);
  return stdout.toString();
}

function source(name: string): string {
  return readFileSync(join(import.meta.dir, name), "utf8");
}
