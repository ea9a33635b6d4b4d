import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "../../simulation/mutants/mutant.ts";
import { mutants } from "../../simulation/mutants/mutants-table.ts";
import { plant } from "../../simulation/mutants/planting.ts";
import { command } from "../arena/command.ts";
import { ownMutants } from "./own-mutants.ts";

const root = join(import.meta.dir, "../../..");

/** Bugs that can be planted: those of the simulation, and more. */
export const plantable: readonly Mutant[] = [...ownMutants, ...mutants];

/**
 * Compiles a copy of the project with a bug in it, as the Makefile does, and returns the binary.
 * @param directory an empty one, for the copy
 */
export function compileMutant(mutant: Mutant, directory: string): string {
  for (const name of ["src", "package.json", "bun.lock", "tsconfig.json"]) {
    cpSync(join(root, name), join(directory, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  plant(mutant, join(directory, "src"));
  const makefile = `--makefile=${join(root, "Makefile")}`;
  const program = "dist/election";
  command("make", `--directory=${directory}`, makefile, "--assume-old=tools", program);
  return join(directory, program);
}
