import { type PageFiles, pageFiles } from "./page-files.ts" with { type: "macro" };

export type AssetName = keyof PageFiles;

/** A file that a browser gets. The program carries it: the page needs nothing from elsewhere. */
interface Asset {
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

/** The files that the page loads. */
export const assetNames = ["page.css", "page.js", "icon.svg"] as const;

/**
 * The page shows texts that other replicas wrote about themselves, and no byte of them may become
 * code. So it loads our own files alone, nobody may frame it, and a text stays a text.
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
