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
  const counters = remember('_total', (name, labelNames) => new Counter({ name, help: name, labelNames, registers }));
  const gauges = remember('', (name, labelNames) => new Gauge({ name, help: name, labelNames, registers }));
  const histograms = remember(
    '_seconds',
    (name, labelNames) => new Histogram({ name, help: name, labelNames, registers, buckets: secondsBuckets }),
  );
  /** Counted since the last look, which is when prom-client hears of it: that costs ten times as much. */
  const counted = new Map<Use<Counter>, number>();
  return {
    count: (name, labels = {}, by = 1) => {
      const use = counters(name, labels);
      if (use.kept) counted.set(use, (counted.get(use) ?? 0) + by);
      else use.metric.inc(use.values, by);
    },
    time: (name, seconds, labels = {}) => {
      const { metric, values } = histograms(name, labels);
      metric.observe(values, seconds);
    },
    gauge: (name, value, labels = {}) => {
      const { metric, values } = gauges(name, labels);
      metric.set(values, value);
    },
    text: () => {
      for (const [{ metric, values }, by] of counted) metric.inc(values, by);
      counted.clear();
      return registry.metrics();
    },
    clear: () => {
      counted.clear();
      registry.clear();
    },
  };
}

interface Use<Metric> {
  readonly metric: Metric;
  readonly values: Record<string, string>;
  /** Whether the same labels give this very object again. */
  readonly kept: boolean;
}

interface Known<Metric> {
  readonly metric: Metric;
  readonly labelNames: readonly string[];
  /** By the labels as they were given. */
  readonly uses: Map<string, Use<Metric>>;
}

/** What a metric is used with is few, or its labels are chosen wrongly; what is beyond is put together anew each time. */
const mostUses = 1_000;

/** Creates each metric on its first use, which also decides its labels. */
function remember<Metric>(
  suffix: string,
  create: (name: string, labelNames: string[]) => Metric,
): (name: string, labels: Labels) => Use<Metric> {
  const known = new Map<string, Known<Metric>>();
  const open = (name: string, labels: Labels): Known<Metric> => {
    const labelNames = Object.keys(labels).map((label) => prometheusName(label, ''));
    const opened = { metric: create(name, labelNames), labelNames, uses: new Map() };
    known.set(name, opened);
    return opened;
  };
  return (given, labels) => {
    const name = prometheusName(given, suffix);
    const entry = known.get(name) ?? open(name, labels);
    let use = '';
    for (const label in labels) use += `${label}\u0000${labels[label] ?? ''}\u0000`;
    const before = entry.uses.get(use);
    if (before !== undefined) return before;
    const kept = entry.uses.size < mostUses;
    const made = { metric: entry.metric, values: valuesOf(entry, labels), kept };
    if (kept) entry.uses.set(use, made);
    return made;
  };
}

function valuesOf({ labelNames }: Known<unknown>, labels: Labels): Record<string, string> {
  const given = new Map(Object.entries(labels).map(([label, value]) => [prometheusName(label, ''), value]));
  return Object.fromEntries(labelNames.map((label) => [label, given.get(label) ?? '']));
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
