/** The shells that can be told of this program's words. */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];
