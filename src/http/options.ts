import { type ConfigOf, option, parsePath } from "../options/option.ts";
import { shownSetting } from "../options/setting.ts";
import type { Check } from "../options/table.ts";
import { type HttpAddress, parseHttpAddress } from "./http-address.ts";

/** Where the endpoints answer, and who may change something by them. */
export const httpOptions = {
  httpAddress: option<HttpAddress | null>({
    flag: "http-address",
    unit: "address",
    fallback: { kind: "none", shown: "off" },
    help: "HTTP endpoints: host:port, :port (loopback) or unix:/path.",
    secret: false,
    parse: parseHttpAddress,
  }),
  httpTokenFile: option<string | null>({
    flag: "http-token-file",
    unit: "path",
    fallback: { kind: "none", shown: "none" },
    help: "File with the token that lets who sends it step the replica down over TCP.",
    secret: false,
    parse: parsePath,
  }),
} as const;

/** Whether a token can be of any use. */
export const tokenCheck: Check<ConfigOf<typeof httpOptions>> = ({ config, settings }) => {
  const { httpAddress, httpTokenFile } = config;
  if (httpTokenFile === null || httpAddress !== null) return {};
  const token = shownSetting(settings, "http-token-file");
  return { warnings: [`${token}: has no effect without --http-address`] };
};
