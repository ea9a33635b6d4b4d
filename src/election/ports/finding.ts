/** One thing that was looked at. */
export interface Finding {
  /** What it is about: a word, and which one of several. */
  readonly subject: string;
  /** A warning works, and will hurt some day; with an error a replica cannot do its work. */
  readonly level: "ok" | "warning" | "error";
  /** One sentence for a person: what was found, and where there is one, the cure. */
  readonly detail: string;
}

export function ok(subject: string, detail: string): Finding {
  return { subject, level: "ok", detail };
}

export function warning(subject: string, detail: string): Finding {
  return { subject, level: "warning", detail };
}

export function failing(subject: string, detail: string): Finding {
  return { subject, level: "error", detail };
}

/** Milliseconds for people. */
export function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
