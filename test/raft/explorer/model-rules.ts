import type { LineRules } from "./line-model.ts";

/** The rules of sessions that can be left out; those of the core are planted in its source. */
export interface ModelRules extends LineRules {
  readonly countFromSend: boolean;
  readonly roundAfterTouch: boolean;
  readonly waitFromReceipt: boolean;
  readonly barAfterDeciding: boolean;
  /** The holder stops before it proposes to resign, and never acts under that epoch again. */
  readonly stopBeforeResign: boolean;
  readonly emptiedIsRefused: boolean;
}

export const allRules: ModelRules = {
  countFromSend: true,
  roundAfterTouch: true,
  waitFromReceipt: true,
  barAfterDeciding: true,
  stopBeforeResign: true,
  emptiedIsRefused: true,
  resignNamesEpoch: true,
  onlyThreeTake: true,
};
