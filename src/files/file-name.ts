import type { Epoch } from "../election/ports/coordinator.ts";

/** Digits of an epoch: enough for every signed 64-bit number. */
const epochDigits = 19;
/** Digits of a sequence number: at one file a millisecond they last for 115 days. */
const sequenceDigits = 10;

/** The epoch in the names of probes: no leadership has it, and no pruner takes it for stale. */
export const noEpoch = 0n as Epoch;

const finalShape = new RegExp(`^(\\d{${epochDigits}})-(\\d{${sequenceDigits}})\\.json$`);
const temporaryShape = new RegExp(
  `^\\.(\\d{${epochDigits}})-(\\d{${sequenceDigits}})\\.([A-Za-z0-9._-]+)\\.tmp$`,
);

/** What a name says. `foreign` names are nobody's business here. */
type FileName =
  | { readonly kind: "final"; readonly epoch: Epoch }
  | { readonly kind: "temporary"; readonly epoch: Epoch; readonly replica: string }
  | { readonly kind: "foreign" };

/** The name under which a finished file is kept: such names sort by age, without any clock. */
export function finalName(epoch: Epoch, sequence: number): string {
  return `${stem(epoch, sequence)}.json`;
}

/** The name under which a replica writes a file until it is complete. */
export function temporaryName(epoch: Epoch, sequence: number, replica: string): string {
  return `.${stem(epoch, sequence)}.${replica}.tmp`;
}

export function parseFileName(name: string): FileName {
  const final = finalShape.exec(name);
  if (final?.[1] !== undefined) return { kind: "final", epoch: BigInt(final[1]) as Epoch };
  const temporary = temporaryShape.exec(name);
  if (temporary?.[1] !== undefined && temporary[3] !== undefined) {
    return {
      kind: "temporary",
      epoch: BigInt(temporary[1]) as Epoch,
      replica: temporary[3],
    };
  }
  return { kind: "foreign" };
}

function stem(epoch: Epoch, sequence: number): string {
  const epochPart = epoch.toString().padStart(epochDigits, "0");
  return `${epochPart}-${sequence.toString().padStart(sequenceDigits, "0")}`;
}
