import { defaultDirectory } from "./default-directory.ts";
import {
  countOption,
  durationOption,
  liveOption,
  option,
  type Option,
  parsePath,
} from "../options/option.ts";

/** What the leader's files are like, and where they are. */
export const fileOptions = {
  leaderTimeoutMs: liveOption(
    durationOption("10s", {
      flag: "leader-timeout",
      help: "Time between two files of the leader.",
    }),
  ),
  storageCapacity: liveOption(
    countOption(
      10,
      { least: 1, most: 1_000_000 },
      { flag: "storage-capacity", help: "Files that are kept; the oldest beyond are deleted." },
    ),
  ),
} as const;

/** Where a service is kept by its coordinator, as the options say. */
interface ServicePlace {
  /** What stands for it in help. */
  readonly shown: string;
  /** @param valueOf the text of an option, by flag */
  readonly of: (valueOf: (flag: string) => string) => string;
}

/** The directory of the leader's files: by service, where none is given. */
export function directoryOption(place: ServicePlace): Option<string> {
  return option<string>({
    flag: "file-dir",
    unit: "path",
    fallback: {
      kind: "derived",
      shown: defaultDirectory.shown(place.shown),
      text: (valueOf) => defaultDirectory.of(place.of(valueOf)),
    },
    help: "Directory of the leader's files; made where it is missing.",
    secret: false,
    parse: parsePath,
  });
}
