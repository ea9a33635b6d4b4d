import { statSync } from "node:fs";
import { binary } from "../test/integration/replica.ts";
import type { Findings } from "./figure.ts";

const aimMB = 120;

/** What has to be shipped. */
export async function measureExecutable(): Promise<Findings> {
  const listing = await Bun.$`ldd ${binary}`.text();
  const libraries = listing.split("\n").flatMap((line) => /^\s*(\S+)/u.exec(line)?.[1] ?? []);
  return {
    figures: [
      {
        measure: "size of the binary",
        unit: "MB",
        samples: [statSync(binary).size / 1e6],
        aim: aimMB,
      },
    ],
    notes: [`Beside the binary at run time (ldd), the C library: ${libraries.join(" ")}.`],
  };
}
