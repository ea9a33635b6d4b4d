import { type PageFiles, pageFiles } from "./page-files.ts" with { type: "macro" };

export type AssetName = keyof PageFiles;

/** What a browser gets: the program carries it, so the page needs nothing from elsewhere. */
export interface Asset {
  readonly type: string;
  readonly text: string;
}

const files: PageFiles = pageFiles();

export const assets: Readonly<Record<AssetName, Asset>> = {
  "page.html": { type: "text/html; charset=utf-8", text: files["page.html"] },
  "page.css": { type: "text/css; charset=utf-8", text: files["page.css"] },
  "page.js": { type: "text/javascript; charset=utf-8", text: files["page.js"] },
  "icon.svg": { type: "image/svg+xml", text: files["icon.svg"] },
};

/** What the page loads besides itself. */
export const assetNames = ["page.css", "page.js", "icon.svg"] as const;

/**
 * The page shows what other replicas wrote about themselves, and no byte of that may become code:
 * nothing but our own files is loaded, nobody may frame the page, and text stays text.
 */
export const pageHeaders: readonly (readonly [string, string])[] = [
  [
    "Content-Security-Policy",
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join("; "),
  ],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Referrer-Policy", "no-referrer"],
];
