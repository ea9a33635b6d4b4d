/**
 * The parts of prom-client that the metrics use, each from its own file. The package's main file
 * also loads a push gateway, a cluster's registry and default metrics, and with them the runtime's
 * http, https, zlib, cluster and v8: several milliseconds of every start, and memory for good.
 */
export { default as Counter } from "prom-client/lib/counter.js";
export { default as Gauge } from "prom-client/lib/gauge.js";
export { default as Histogram } from "prom-client/lib/histogram.js";
export { default as Registry } from "prom-client/lib/registry.js";
