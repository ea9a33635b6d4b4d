import { configurationTargets } from "./configuration.ts";
import { coordinationTargets } from "./coordination.ts";
import { conversationTargets } from "./conversation.ts";
import { fileTargets } from "./files.ts";
import { httpTargets } from "./http.ts";
import { recordTargets } from "./records.ts";
import { stateFileTargets } from "./state-files.ts";
import type { Target } from "../target.ts";
import { wireTargets } from "./wire.ts";

/** Everything that reads bytes of strangers. */
export const targets: readonly Target[] = [
  ...wireTargets,
  ...conversationTargets,
  ...coordinationTargets,
  ...recordTargets,
  ...configurationTargets,
  ...fileTargets,
  ...stateFileTargets,
  ...httpTargets,
];
