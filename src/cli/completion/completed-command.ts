/** A command, as completion needs it. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  /** What runs when no command is named. */
  readonly isDefault: boolean;
  readonly flags: readonly CompletedFlag[];
  /** What its words may be; empty where that is not known. */
  readonly choices: readonly string[];
}

export interface CompletedFlag {
  readonly name: string;
  readonly description: string;
  /** The value that the flag takes. */
  readonly value:
    | { readonly kind: "none" }
    | { readonly kind: "path" }
    | { readonly kind: "choice"; readonly choices: readonly string[] }
    /** Several of the choices, with commas between. */
    | { readonly kind: "list"; readonly choices: readonly string[] }
    | { readonly kind: "text"; readonly hint: string };
}
