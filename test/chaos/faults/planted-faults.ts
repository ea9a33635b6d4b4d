import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Epoch } from "../../../src/election/ports/coordinator.ts";
import { finalName } from "../../../src/files/file-name.ts";
import type { Fault, Scene, Struck } from "./fault.ts";
import { bounds, sessionMs } from "../judge/terms.ts";

/** Numbers from here on no leader comes to, so that no file of its is in the way. */
const farSequence = 9_000_000_000;

const terms = { boundMs: bounds.expiry, countsFrom: "fault", layout: "shared" } as const;

/**
 * What must never happen, made to happen by a stranger: so that the observers and the exit code
 * show that they would tell. Played only when FAULTS names them.
 */
export const plantedFaults: readonly Fault[] = [
  {
    ...terms,
    name: "planted: a second leader",
    strike: (scene) => write(scene, (epoch) => ({ named: epoch - 1n, says: epoch - 1n })),
  },
  {
    ...terms,
    name: "planted: a second writer",
    strike: (scene) => write(scene, (epoch) => ({ named: epoch, says: epoch })),
  },
  {
    ...terms,
    name: "planted: a wrong file",
    strike: (scene) => write(scene, (epoch) => ({ named: epoch, says: epoch + 1n })),
  },
  {
    ...terms,
    name: "planted: half a file",
    strike: (scene) => write(scene, (epoch) => ({ named: epoch, says: undefined })),
  },
  {
    ...terms,
    name: "planted: an exit",
    strike: ({ leader }) => {
      process.kill(leader.pid, "SIGKILL");
      return { holdMs: sessionMs, heal: () => leader.restart() };
    },
  },
  {
    ...terms,
    name: "planted: no leader",
    boundMs: bounds.handOver,
    strike: ({ arena: { contenders } }) => {
      for (const contender of contenders) contender.pause();
      const heal = (): void => contenders.forEach((contender) => contender.resume());
      return { holdMs: sessionMs, heal };
    },
  },
];

/** Lands a file of a stranger's, as a leader would. */
function write(
  { arena: { directory, files }, choice }: Scene,
  content: (epoch: bigint) => { readonly named: bigint; readonly says: bigint | undefined },
): Struck {
  const epoch = files.landings.at(-1)?.epoch ?? 0n;
  const { named, says } = content(epoch);
  const sequence = farSequence + Math.floor(choice.between(0, 900_000_000));
  const record = { replica: "stranger", epoch: String(says), sequence };
  const text = says === undefined ? '{"replica":"str' : `${JSON.stringify(record)}\n`;
  const [path = ""] = directory.paths;
  const temporary = join(path, ".stranger");
  writeFileSync(temporary, text);
  renameSync(temporary, join(path, finalName(named as Epoch, sequence)));
  return { holdMs: 0, heal: () => undefined };
}
