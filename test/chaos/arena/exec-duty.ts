import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { capacity, paceMs } from "../judge/terms.ts";

/** What a replica leads for: its own files, or a command that writes files of the same kind. */
export type LeadersDuty = "files" | "exec";

/** Half a second is what a session of 2 s leaves for stopping. */
export const execFlags = ["--exec-stop-timeout=300ms", "--exec-raw"] as const;
/** What stopping takes from a lease, and a restart after a failure from the time to the next file. */
export const execSlackMs = 1_500;

/**
 * All processes of a command hold one lock, which the kernel drops with the last of them: whoever
 * finds it taken was started while another command lived. None of them heeds SIGTERM, and one has
 * left the session. The files are what a leader would write, so that they are judged like those.
 */
const script = `
  trap '' TERM
  exec 9>>"$KEEPSAKE/lock"
  flock --nonblock 9 || echo "$REPLICA at epoch $ELECTION_EPOCH" >>"$KEEPSAKE/overlaps"
  setsid sleep 1000 &
  while :; do
    sequence=$(( \${EPOCHREALTIME/[.,]/} / 1000 % 10000000000 ))
    printf -v name '%s/%019d-%010d.json' "$FILES" "$ELECTION_EPOCH" "$sequence"
    printf '{"replica":"%s","epoch":"%s","sequence":%d}\\n' \
      "$REPLICA" "$ELECTION_EPOCH" "$sequence" >"$FILES/.unfinished" && mv "$FILES/.unfinished" "$name"
    kept=("$FILES"/*.json)
    excess=$(( \${#kept[@]} - ${capacity - 1} ))
    (( excess > 0 )) && rm "\${kept[@]:0:excess}"
    sleep ${paceMs / 1_000}
  done
`;

export const execCommand = ["bash", "-c", script] as const;

export function execEnvironment(
  id: string,
  fileDir: string,
  keepsake: string,
): Readonly<Record<string, string>> {
  return { REPLICA: id, FILES: fileDir, KEEPSAKE: keepsake };
}

/** Commands that were started while another one lived, as sentences. */
export function overlappingCommands(keepsake: string): readonly string[] {
  const path = join(keepsake, "overlaps");
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => `overlap: the command of ${line} started while another one lived`);
}
