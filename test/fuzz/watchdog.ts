/** How long a case may take before the process counts as hanging. */
const patienceMs = 60_000;

export interface Watchdog {
  /** Says what to blame from now on. */
  watch(what: string): void;
  /** A case begins. */
  beat(): void;
  stop(): void;
}

/**
 * Ends the process, and says in which case it was, when no new case begins for a minute. It lives
 * in a thread of its own, because a reader that loops for ever lets nothing else run here.
 */
export function watchdog(): Watchdog {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(URL.createObjectURL(new Blob([guard], { type: "text/javascript" })));
  worker.postMessage({ kind: "start", beats, patienceMs }, []);
  let before = 0;
  return {
    watch: (what) => {
      before = Atomics.load(beats, 0);
      worker.postMessage({ kind: "watch", what, before }, []);
    },
    beat: () => {
      Atomics.add(beats, 0, 1);
    },
    stop: () => worker.terminate(),
  };
}

const guard = `
let what = "";
let before = 0;
onmessage = ({ data }) => {
  if (data.kind === "watch") ({ what, before } = data);
  if (data.kind !== "start") return;
  let last = -1;
  setInterval(() => {
    const now = Atomics.load(data.beats, 0);
    if (now === last) {
      console.error("fuzz: case " + (now - before) + " of " + what + " hangs");
      process.kill(process.pid, "SIGKILL");
    }
    last = now;
  }, data.patienceMs);
};
`;
