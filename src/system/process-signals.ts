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

const ownSignals = ["SIGTERM", "SIGINT", "SIGUSR1", "SIGUSR2", "SIGHUP"] as const;

/**
 * The signals of this process, caught from its making until it is disposed: none that comes while
 * the daemon starts ends it, and none is lost. Several of one kind may arrive as one.
 */
export class ProcessSignals<Forwarded extends NodeJS.Signals> implements Disposable {
  readonly #forwarded: ReadonlySet<NodeJS.Signals>;
  readonly #listeners = new Map<NodeJS.Signals, () => void>();
  /** What came before there were handlers, in order. */
  readonly #early = new Set<NodeJS.Signals>();
  #handlers: SignalHandlers<Forwarded> | undefined;
  #isStopping = false;

  constructor(forwarded: readonly Forwarded[] = []) {
    this.#forwarded = new Set<NodeJS.Signals>(forwarded);
    for (const signal of [...ownSignals, ...forwarded]) {
      if (this.#listeners.has(signal)) continue;
      const listener = (): void => this.#hear(signal);
      this.#listeners.set(signal, listener);
      process.on(signal, listener);
    }
  }

  /** Hands every signal to `handlers` from now on, first those that came before. */
  deliverTo(handlers: SignalHandlers<Forwarded>): void {
    this.#handlers = handlers;
    for (const signal of this.#early) this.#tell(handlers, signal);
    this.#early.clear();
  }

  /** Lets go of all of them: what comes then does what it does by default. */
  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }

  #hear(signal: NodeJS.Signals): void {
    if (this.#handlers !== undefined) return this.#tell(this.#handlers, signal);
    // A start that hangs holds nothing that could be given up: the second one ends it.
    const stops = [...this.#early].some(isStopSignal);
    if (stops && isStopSignal(signal)) process.exit(exitCodeOf[signal]);
    this.#early.add(signal);
  }

  #tell(handlers: SignalHandlers<Forwarded>, signal: NodeJS.Signals): void {
    if (isStopSignal(signal)) {
      if (this.#isStopping) handlers.stopAtOnce(signal, exitCodeOf[signal]);
      else handlers.stop(signal);
      this.#isStopping = true;
    } else if (this.#forwards(signal)) handlers.passOn(signal);
    else if (signal === "SIGUSR1") handlers.stepDown();
    else if (signal === "SIGHUP") handlers.reload();
    else if (signal === "SIGUSR2") handlers.meansNothing(signal);
  }

  #forwards(signal: NodeJS.Signals): signal is Forwarded {
    return this.#forwarded.has(signal);
  }
}

function isStopSignal(signal: NodeJS.Signals): signal is StopSignal {
  return Object.hasOwn(exitCodeOf, signal);
}
