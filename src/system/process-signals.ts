/**
 * What the signals of an operator or a service manager ask for. `Forwarded` are the signals that
 * can be passed on; SIGTERM and SIGINT never are: they stop the daemon.
 */
export interface SignalHandlers<Forwarded extends NodeJS.Signals> {
  /** The first SIGTERM or SIGINT: stop in order. */
  readonly stop: (signal: StopSignal) => void;
  /** A second one: end at once, with the exit code that shells use for the signal. */
  readonly stopAtOnce: (signal: StopSignal, exitCode: number) => void;
  /** SIGUSR1: make room for another leader. */
  readonly stepDown: () => void;
  /** SIGHUP: read the configuration again. */
  readonly reload: () => void;
  /** SIGUSR2, which would end the process if nobody listened: likely a slip. */
  readonly meansNothing: (signal: "SIGUSR2") => void;
  /** One of the signals that are passed on, and so mean nothing to us. */
  readonly passOn: (signal: Forwarded) => void;
}

/** A process that dies of a signal has its number plus 128 as exit code. Source: signal(7) */
const exitCodeOf = { SIGINT: 130, SIGTERM: 143 } as const;

type StopSignal = keyof typeof exitCodeOf;

/** Listens to the process's signals until disposed. Several quick ones may arrive as one. */
export function listenToSignals<Forwarded extends NodeJS.Signals>(
  handlers: SignalHandlers<Forwarded>,
  forwarded: readonly Forwarded[] = [],
): Disposable {
  const passed: readonly NodeJS.Signals[] = forwarded;
  let stopping = false;
  const onStop = (signal: StopSignal): void => {
    if (stopping) handlers.stopAtOnce(signal, exitCodeOf[signal]);
    else handlers.stop(signal);
    stopping = true;
  };
  const onTerminate = (): void => onStop("SIGTERM");
  const onInterrupt = (): void => onStop("SIGINT");
  process.on("SIGTERM", onTerminate);
  process.on("SIGINT", onInterrupt);
  const passing = forwarded.map((signal) => ({ signal, pass: () => handlers.passOn(signal) }));
  for (const { signal, pass } of passing) process.on(signal, pass);
  if (!passed.includes("SIGUSR1")) process.on("SIGUSR1", handlers.stepDown);
  if (!passed.includes("SIGUSR2")) process.on("SIGUSR2", handlers.meansNothing);
  if (!passed.includes("SIGHUP")) process.on("SIGHUP", handlers.reload);
  return {
    [Symbol.dispose]: () => {
      process.off("SIGTERM", onTerminate);
      process.off("SIGINT", onInterrupt);
      process.off("SIGUSR1", handlers.stepDown);
      process.off("SIGUSR2", handlers.meansNothing);
      process.off("SIGHUP", handlers.reload);
      for (const { signal, pass } of passing) process.off(signal, pass);
    },
  };
}
