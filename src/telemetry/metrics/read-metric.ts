import { Counter, Gauge, type Registry } from "./prometheus.ts";

/** Registers a gauge whose value is read at every scrape; undefined leaves it out. */
export function readGauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => number | undefined,
): void {
  const gauge = new Gauge({
    name,
    help,
    registers: [],
    collect() {
      const value = read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });
  registry.registerMetric(gauge);
}

/** Registers a counter whose total, which somebody else counts, is read at every scrape. */
export function readCounter(
  registry: Registry,
  name: string,
  help: string,
  total: () => number,
): void {
  const counter = new Counter({
    name,
    help,
    registers: [],
    collect() {
      this.reset();
      this.inc(total());
    },
  });
  registry.registerMetric(counter);
}
