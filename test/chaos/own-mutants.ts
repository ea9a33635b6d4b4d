import type { Mutant } from "../simulation/mutants-table.ts";

/** Bugs that only real processes can show, or show better. */
export const ownMutants: readonly Mutant[] = [
  {
    name: "publish whatever has happened meanwhile",
    file: "files/leader-files.ts",
    find: "      if (signal.aborted || !term.mayAct()) {\n        await discard",
    replace: "      if (signal.aborted && false) {\n        await discard",
  },
  {
    name: "every lock can be had",
    file: "system/file-lock.ts",
    find: "flock(descriptor, lockExclusively | withoutWaiting) === 0;",
    replace: "flock(descriptor, lockExclusively | withoutWaiting) <= 0;",
  },
  {
    name: "killed processes are not released",
    file: "crash-release.ts",
    find: '  const leftBehind = state.leftBehind((detail) => tell("warn", detail));',
    replace: '  const leftBehind = state.leftBehind((detail) => tell("warn", detail)).slice(0, 0);',
  },
];
