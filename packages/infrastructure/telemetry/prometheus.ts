import type { Metrics } from '@devmesh/foundation';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { watchProcess } from './process-metrics.ts';

type Labels = Readonly<Record<string, string>>;

interface PrometheusMetrics extends Metrics {
  /** Everything in Prometheus' text format. */
  text(): Promise<string>;
  clear(): void;
}

/** From a lookup in memory to a slow call of another server. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * Metrics on prom-client with a registry of their own. Dotted names become Prometheus names, with `_total` on counters
 * and `_seconds` on durations. A metric keeps the labels of its first use: others are dropped, missing ones are empty.
 */
export function createMetrics(): PrometheusMetrics {
  const registry = new Registry();
  watchProcess(registry);
  const registers = [registry];
  const counters = remember((name, labelNames) => new Counter({ name, help: name, labelNames, registers }));
  const gauges = remember((name, labelNames) => new Gauge({ name, help: name, labelNames, registers }));
  const histograms = remember(
    (name, labelNames) => new Histogram({ name, help: name, labelNames, registers, buckets: secondsBuckets }),
  );
  return {
    count: (name, labels = {}, by = 1) => {
      const { metric, values } = counters(prometheusName(name, '_total'), labels);
      metric.inc(values, by);
    },
    time: (name, seconds, labels = {}) => {
      const { metric, values } = histograms(prometheusName(name, '_seconds'), labels);
      metric.observe(values, seconds);
    },
    gauge: (name, value, labels = {}) => {
      const { metric, values } = gauges(prometheusName(name, ''), labels);
      metric.set(values, value);
    },
    text: () => registry.metrics(),
    clear: () => {
      registry.clear();
    },
  };
}

interface Use<Metric> {
  readonly metric: Metric;
  readonly values: Record<string, string>;
}

/** Creates each metric on its first use, which also decides its labels. */
function remember<Metric>(
  create: (name: string, labelNames: string[]) => Metric,
): (name: string, labels: Labels) => Use<Metric> {
  const known = new Map<string, { readonly metric: Metric; readonly labelNames: readonly string[] }>();
  return (name, labels) => {
    const given = Object.fromEntries(
      Object.entries(labels).map(([label, value]) => [prometheusName(label, ''), value]),
    );
    let entry = known.get(name);
    if (entry === undefined) {
      const labelNames = Object.keys(given);
      entry = { metric: create(name, labelNames), labelNames };
      known.set(name, entry);
    }
    const values = Object.fromEntries(entry.labelNames.map((label) => [label, given[label] ?? '']));
    return { metric: entry.metric, values };
  };
}

/** Names are few and in the program: what callers vary are values. */
const names = new Map<string, string>();
const mostNames = 2_000;

function prometheusName(name: string, suffix: string): string {
  const asked = `${name} ${suffix}`;
  const known = names.get(asked);
  if (known !== undefined) return known;
  const made = madeName(name, suffix);
  if (names.size < mostNames) names.set(asked, made);
  return made;
}

function madeName(name: string, suffix: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_]/gu, '_').replace(/^(?=\d)/u, '_');
  return plain.endsWith(suffix) ? plain : `${plain}${suffix}`;
}
