import type { Loading, Setting } from "./load.ts";
import type { AnyOption } from "./option.ts";
import { type Config, options } from "../daemon/options.ts";

/** What reading the configuration again came to. */
export type Reloading =
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
export interface Change {
  readonly option: string;
  readonly from: string | null;
  readonly to: string | null;
}

const fields = Object.keys(options) as readonly (keyof Config)[];

/** The configuration of a process, of which a part can change while it runs. */
export class LiveConfig {
  /** The configuration, read at each use: whoever copies a value out of it keeps the old one. */
  readonly view: Config;
  readonly #load: () => Loading;
  #current: Config;
  #settings: readonly Setting[];
  #changing = new AbortController();

  /** @param load reads it anew, from where the first one came from */
  constructor(config: Config, settings: readonly Setting[], load: () => Loading) {
    this.#current = config;
    this.#settings = settings;
    this.#load = load;
    const view = {};
    for (const field of fields) {
      Object.defineProperty(view, field, { enumerable: true, get: () => this.#current[field] });
    }
    // Every field of the table was defined just now, with the type that the table gives it.
    this.view = view as Config;
  }

  /** How every option is set at present: for people. */
  get settings(): readonly Setting[] {
    return this.#settings;
  }

  /** Aborted at the next change: whoever waits for a time that was configured waits anew. */
  get changed(): AbortSignal {
    return this.#changing.signal;
  }

  /** Reads everything again, and takes over what can change; all or nothing of it. */
  reload(): Reloading {
    const loading = this.#load();
    if (loading.kind === "invalid") return loading;
    const different = fields.filter(
      (field) => !Bun.deepEquals(loading.config[field], this.#current[field]),
    );
    const [live, fixed] = [different.filter(isLive), different.filter((field) => !isLive(field))];
    const change = (field: keyof Config): Change => ({
      option: options[field].flag,
      from: textOf(this.#settings, field),
      to: textOf(loading.settings, field),
    });
    const outcome = { changed: live.map(change), kept: fixed.map(change) };
    const taken = Object.fromEntries(live.map((field) => [field, loading.config[field]]));
    this.#current = { ...this.#current, ...taken };
    this.#settings = this.#settings.map((setting) => {
      const isKept = fixed.some((field) => options[field].flag === setting.option);
      const found = loading.settings.find(({ option }) => option === setting.option);
      return isKept || found === undefined ? setting : found;
    });
    if (live.length > 0) {
      const changing = this.#changing;
      this.#changing = new AbortController();
      changing.abort();
    }
    return { kind: "reloaded", ...outcome };
  }
}

function isLive(field: keyof Config): boolean {
  const option: AnyOption = options[field];
  return option.isLive === true;
}

function textOf(settings: readonly Setting[], field: keyof Config): string | null {
  return settings.find(({ option }) => option === options[field].flag)?.value ?? null;
}
