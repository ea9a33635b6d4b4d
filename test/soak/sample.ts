/** What a replica said of itself at one moment. */
export interface Sample {
  /** `performance.now()` of the observer, when the answer was there. */
  readonly at: number;
  readonly state: string;
  readonly residentMiB: number;
  readonly descriptors: number;
  readonly timers: number;
  readonly requests: number;
}

const patienceMs = 5_000;

/** Reads a replica's metrics once, as Prometheus does. Rejects when it does not answer in time. */
export async function takeSample(address: string): Promise<Sample> {
  const signal = AbortSignal.timeout(patienceMs);
  const response = await fetch(`http://${address}/metrics`, { signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`/metrics answered ${response.status}: ${text}`);
  return sampleOf(text, performance.now());
}

/** Reads a sample off Prometheus' text format. Throws when a metric is missing. */
export function sampleOf(text: string, at: number): Sample {
  const value = (series: string): number => {
    const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `));
    if (line === undefined) throw new Error(`the metrics lack ${series}`);
    return Number(line.slice(series.length + 1));
  };
  const state = /^election_state\{state="(?<state>\w+)"\} 1$/mu.exec(text)?.groups?.["state"];
  if (state === undefined) throw new Error("the metrics tell no state");
  return {
    at,
    state,
    residentMiB: value("process_resident_memory_bytes") / 2 ** 20,
    descriptors: value("process_open_fds"),
    timers: value("election_timers_pending"),
    requests: value("election_coordinator_requests_pending"),
  };
}
