import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Action, Budget } from "./actions.ts";
import { allRules, type ModelRules } from "./model-rules.ts";
import { positionOf } from "./positions.ts";
import type { Planted, Rule } from "./rules.ts";
import type { ExploredWorld } from "./world.ts";

const root = join(import.meta.dir, "..", "..", "..");

/** No action at all: what is not given is not let happen. */
export const nothing: Budget = {
  ticks: 0,
  crashes: 0,
  campaigns: 0,
  touches: 0,
  resigns: 0,
  wipes: 0,
  prefers: 0,
  changes: 0,
  snapshots: 0,
  transfers: 0,
  disorder: false,
};

/** The rules of the model without the one that is left out. */
export function modelWithout({ model }: Rule): ModelRules {
  return model === undefined ? allRules : { ...allRules, [model]: false };
}

/** The position that a rule is tried from. */
export function beginning(rule: Rule, model: ModelRules): ExploredWorld {
  const { leaseMs, position } = rule;
  return positionOf(position, model, leaseMs === undefined ? {} : { leaseMs });
}

/**
 * Runs the explorer in a copy of the project in which the rule is left out of the core's source,
 * and gives what it prints. Rejects where the text to replace is not there exactly once.
 */
export async function runWithout(rule: Rule, options: readonly string[]): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "explorer-"));
  try {
    for (const part of [join("src", "raft"), join("test", "raft")]) {
      cpSync(join(root, part), join(directory, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
    for (const change of rule.planted ?? []) plant(rule.name, change, join(directory, "src/raft"));
    const script = join(directory, "test", "raft", "explorer", "run.ts");
    const child = Bun.spawn([process.execPath, script, ...options], {
      cwd: directory,
      stdout: "pipe",
      stderr: "pipe",
    });
    const [output, errors] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    if (child.exitCode !== 0) throw new Error(`without "${rule.name}" nothing runs:\n${errors}`);
    return output;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What the explorer prints with --json. */
export interface Report {
  readonly path: readonly Action[] | undefined;
  readonly violation: string | undefined;
  readonly states: number;
  readonly steps: number;
  readonly complete: boolean;
}

function plant(name: string, { file, find, replace }: Planted, source: string): void {
  const path = join(source, file);
  const parts = readFileSync(path, "utf8").split(find);
  if (parts.length !== 2) {
    throw new Error(`"${name}": src/raft/${file} has ${parts.length - 1} places for\n${find}`);
  }
  writeFileSync(path, parts.join(replace));
}
