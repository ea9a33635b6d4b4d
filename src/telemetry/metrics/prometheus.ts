/**
 * What the metrics take of prom-client, file by file. Its main file also loads what they do without
 * (a push gateway, a cluster's registry, default metrics), and with that the runtime's http, https,
 * zlib, cluster and v8: several milliseconds of every start, and memory for good.
 */
export { default as Counter } from "prom-client/lib/counter.js";
export { default as Gauge } from "prom-client/lib/gauge.js";
export { default as Histogram } from "prom-client/lib/histogram.js";
export { default as Registry } from "prom-client/lib/registry.js";
