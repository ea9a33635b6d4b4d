import { countOption, durationOption, liveOption, option, parsePath } from "../options/option.ts";

/** What the leader's files are like, and where they are. */
export const fileOptions = {
  leaderTimeoutMs: liveOption(
    durationOption("10s", {
      flag: "leader-timeout",
      help: "Time between two files of the leader.",
    }),
  ),
  fileDir: option<string>({
    flag: "file-dir",
    unit: "path",
    fallback: { kind: "text", text: "/tmp/election" },
    help: "Directory of the leader's files; made where it is missing.",
    secret: false,
    parse: parsePath,
  }),
  storageCapacity: liveOption(
    countOption(
      10,
      { least: 1, most: 1_000_000 },
      { flag: "storage-capacity", help: "Files that are kept; the oldest beyond are deleted." },
    ),
  ),
} as const;
