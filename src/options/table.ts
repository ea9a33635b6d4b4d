import type { Environment } from "./environment.ts";
import type { ConfigOf, OptionMap } from "./option.ts";
import type { Setting } from "./setting.ts";

/**
 * Everything that can be configured: the one source of the flags, the variables, the help and the
 * README's table. Every function of this room takes it, or its options, as an argument.
 */
export interface Table<Options extends OptionMap> extends KnownNames {
  readonly options: Options;
  /** They look at options that are right each by itself, and may not go together. */
  readonly checks: readonly Check<ConfigOf<Options>>[];
}

/** The names that a variable of ours may have. */
export interface KnownNames {
  readonly options: OptionMap;
  /** Variables with our prefix that are no options: they are left alone. */
  readonly otherVariables: ReadonlySet<string>;
}

/** Looks at a configuration as a whole. It may read files, and has no other side effect. */
export type Check<Config> = (loaded: Loaded<Config>, environment: Environment) => Verdict;

/** What a check says: a line for each thing, beginning with the option that it is about. */
interface Verdict {
  /** What makes the configuration useless. */
  readonly problems?: readonly string[];
  /** What a person should know of a configuration that is taken. */
  readonly warnings?: readonly string[];
}

/** A checked configuration, or all that is wrong with it. */
export type Loading<Config> =
  | Loaded<Config>
  /** One line per problem: option, value and what would be right. Never empty. */
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

export interface Loaded<Config> {
  readonly kind: "loaded";
  readonly config: Config;
  /** In the order of the table. */
  readonly settings: readonly Setting[];
  /** What a person should know of the values that were taken: a line each. */
  readonly warnings: readonly string[];
}
