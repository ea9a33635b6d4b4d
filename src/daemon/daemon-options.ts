import type { Setting } from "../options/setting.ts";
import type { Loading } from "../options/table.ts";
import type { ServiceNotification } from "../system/service-notification.ts";
import type { Config } from "./options.ts";

/** What one run of the daemon depends on. */
export interface DaemonOptions {
  readonly config: Config;
  /** The configuration as it was given, for /status. */
  readonly settings: readonly Setting[];
  /** What is to be told about the configuration: a line each. */
  readonly warnings: readonly string[];
  /** Reads the configuration anew, from where it came from. */
  readonly reload: () => Loading<Config>;
  readonly version: string;
  readonly hostName: string;
  /** What runs while the replica leads; undefined for the files alone. */
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether log lines may be coloured. */
  readonly colours: boolean;
  /** Whether the log goes to the journal. */
  readonly journal: boolean;
  readonly notification: ServiceNotification;
}
