import type { Profile } from "../settings.ts";

/** A realistic bug: one piece of text in one file, and what stands there instead. */
export interface Mutant {
  readonly name: string;
  /** Below src. */
  readonly file: string;
  /** It must occur exactly once. */
  readonly find: string;
  readonly replace: string;
  /** More of the same bug elsewhere, where one place is not enough because another guards it. */
  readonly also?: readonly {
    readonly file?: string;
    readonly find: string;
    readonly replace: string;
  }[];
  readonly profile?: Profile;
}
