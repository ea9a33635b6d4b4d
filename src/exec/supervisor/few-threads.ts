type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Settings of the engine with which a supervisor starts all its threads at once, and never one
 * later. The engine ends the process where it cannot start a thread. A command that has used up all
 * the processes of its user, or of its control group, would so end its supervisor, and outlive the
 * lease if the daemon has died as well. Seen on Bun 1.4.5: a "HeapHelper" after a second, a
 * "Collector Thread" after ten, and a "JSCWarmUp" that ends after 20 s of rest and is started anew
 * at the next collection. Source: JavaScriptCore, OptionsList.h
 */
const fewThreads = {
  BUN_JSC_numberOfGCMarkers: "1",
  BUN_JSC_useConcurrentGC: "false",
  BUN_JSC_useConcurrentJIT: "false",
  BUN_JSC_useWarmUpMarkedBlocks: "false",
} as const;

/** What a supervisor finds in its environment. */
export function supervisorEnvironment(environment: Environment): Environment {
  return { ...environment, ...fewThreads };
}

/** Of `environment`, what a supervisor's is in place of: the command is to find it all the same. */
export function settingsOf(environment: Environment): Readonly<Record<string, string>> {
  const found = Object.keys(fewThreads).map((name) => [name, environment[name]] as const);
  return Object.fromEntries(
    found.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** A supervisor's environment without what is meant for it alone. */
export function withoutSettings(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !(name in fewThreads)));
}
