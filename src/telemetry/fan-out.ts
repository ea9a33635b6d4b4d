import type { ElectionEvent, Observer } from "../election/ports/observer.ts";

/**
 * Passes every event to several observers, in their order. An observer that throws hides the event
 * from no other one, and does not break the state machine.
 *
 * @param failed hears of the error; its own errors are swallowed
 */
export function fanOut(
  observers: readonly Observer[],
  failed: (error: unknown, event: ElectionEvent) => void,
): Observer {
  return {
    observe(event) {
      for (const observer of observers) {
        try {
          observer.observe(event);
        } catch (error) {
          report(error, event);
        }
      }
    },
  };

  function report(error: unknown, event: ElectionEvent): void {
    try {
      failed(error, event);
    } catch {
      // Nobody is left to tell.
    }
  }
}
