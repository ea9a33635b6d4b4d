import type { ConfigOf, OptionMap } from "./option.ts";
import type { Setting } from "./setting.ts";
import type { Loaded, Loading } from "./table.ts";

/** What a second reading of the configuration came to. */
type Reloading =
  | {
      readonly kind: "reloaded";
      /** What holds from now on. */
      readonly changed: readonly Change[];
      /** What is different now, and holds from the next start on only. */
      readonly kept: readonly Change[];
    }
  /** One line per problem; nothing has changed. */
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** An option whose value is another one now: as texts, a secret masked, null for no value. */
interface Change {
  readonly option: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** The configuration of a process, of which a part can change while it runs. */
export class LiveConfig<Options extends OptionMap> {
  /** The configuration, read at each use: a copy of a value stays as it was. */
  readonly view: ConfigOf<Options>;
  readonly #options: Options;
  readonly #load: () => Loading<ConfigOf<Options>>;
  #current: ConfigOf<Options>;
  #settings: readonly Setting[];
  #changing = new AbortController();

  /** @param load reads it anew, from where the first one came from */
  constructor(
    options: Options,
    first: Pick<Loaded<ConfigOf<Options>>, "config" | "settings">,
    load: () => Loading<ConfigOf<Options>>,
  ) {
    this.#options = options;
    this.#current = first.config;
    this.#settings = first.settings;
    this.#load = load;
    const view = {};
    for (const field of Object.keys(options)) {
      Object.defineProperty(view, field, { enumerable: true, get: () => this.#current[field] });
    }
    // Every field of the table was defined just now, with the type that the table gives it.
    this.view = view as ConfigOf<Options>;
  }

  /** How every option is set at present: for people. */
  get settings(): readonly Setting[] {
    return this.#settings;
  }

  /** Aborted at the next change: who waits for a time that was configured waits anew then. */
  get changed(): AbortSignal {
    return this.#changing.signal;
  }

  /** Reads everything again, and takes over what can change; all or nothing of it. */
  reload(): Reloading {
    const loading = this.#load();
    if (loading.kind === "invalid") return loading;
    const different = Object.keys(this.#options).filter(
      (field) => !Bun.deepEquals(loading.config[field], this.#current[field]),
    );
    const isLive = (field: string): boolean => this.#options[field]?.isLive === true;
    const [live, fixed] = [different.filter(isLive), different.filter((field) => !isLive(field))];
    const change = (field: string): Change => {
      const option = this.#options[field]?.flag ?? field;
      const [from, to] = [textOf(this.#settings, option), textOf(loading.settings, option)];
      return { option, from, to };
    };
    const outcome = { changed: live.map(change), kept: fixed.map(change) };
    const taken = Object.fromEntries(live.map((field) => [field, loading.config[field]]));
    this.#current = { ...this.#current, ...taken };
    const kept = outcome.kept.map(({ option }) => option);
    this.#settings = this.#settings.map((setting) => {
      const found = loading.settings.find(({ option }) => option === setting.option);
      return kept.includes(setting.option) || found === undefined ? setting : found;
    });
    if (live.length > 0) {
      const changing = this.#changing;
      this.#changing = new AbortController();
      changing.abort();
    }
    return { kind: "reloaded", ...outcome };
  }
}

function textOf(settings: readonly Setting[], flag: string): string | null {
  return settings.find(({ option }) => option === flag)?.value ?? null;
}
