import { Glob } from "bun";
import { dirname, join, normalize } from "node:path";

/** A file of `src`, as the tests of the house read it. */
export interface Source {
  readonly path: string;
  /** The folders below `src`, joined by a slash: its place in the house. */
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** One import of a file of ours, also of a type alone, also at run time. */
export interface Import {
  readonly path: string;
  readonly names: readonly string[];
}

export const root = join(import.meta.dir, "..");

/** How a file of ours is imported: as the file begins, or when it is needed. */
const forms = [
  /(?:import|export)\s+(?:type\s+)?(?<named>[\w\s{},*]*?)\s*from\s*"(?<from>\.[^"]+)"/g,
  /(?:\{(?<named>[^{}]*)\}\s*=\s*)?\(?await\s+import\(\s*"(?<from>\.[^"]+)"/g,
  /await\s+import\(\s*"(?<from>\.[^"]+)"\s*\)\s*\)\s*\.(?<named>\w+)/g,
  /(?<named>)(?:from|import)\(?\s*"(?<from>\.[^"]+)"/g,
];

export const sources = await sourcesOf("src");

/** Every TypeScript file below `top`, with what it imports of the project. */
export async function sourcesOf(top: string): Promise<readonly Source[]> {
  const paths = [...new Glob(`${top}/**/*.ts`).scanSync({ cwd: root })].toSorted();
  return await Promise.all(
    paths.map(async (path) => {
      const text = await Bun.file(join(root, path)).text();
      const folder = dirname(path).split("/").slice(1).join("/");
      return { path, folder, text, imports: importsOf(path, text) };
    }),
  );
}

function importsOf(path: string, text: string): readonly Import[] {
  return forms
    .flatMap((form) => [...text.matchAll(form)])
    .map(({ groups: { named = "", from = "" } = {} }) => ({
      path: normalize(join(dirname(path), from)),
      names: [...named.matchAll(/(?:type )?(\w+)(?: as \w+)?/g)].map(([, name = ""]) => name),
    }));
}
