import type { Telemetry } from '@devmesh/foundation';
import { createTracer } from './opentelemetry.ts';
import { createLogger, type LogDestination, type LogLevel } from './pino.ts';
import { createMetrics } from './prometheus.ts';

interface TelemetryOptions {
  /** The program's name, on every log line. */
  readonly service: string;
  readonly level: LogLevel;
  readonly pretty: boolean;
  /** Standard error by default. */
  readonly destination?: LogDestination;
  /** Finished spans kept for the trace view. Default 20,000. */
  readonly rememberedSpans?: number;
}

/** Telemetry that writes, counts and remembers. */
export type RunningTelemetry = Telemetry & {
  /** The metrics in Prometheus' text format. */
  metricsText(): Promise<string>;
  close(): Promise<void>;
};

/** Builds the telemetry of a process; several can live side by side. */
export function createTelemetry(options: TelemetryOptions): RunningTelemetry {
  const { service, level, pretty, destination, rememberedSpans } = options;
  const tracer = createTracer({ service, ...(rememberedSpans === undefined ? {} : { rememberedSpans }) });
  const metrics = createMetrics();
  const log = createLogger({ service, level, pretty, destination, traceId: () => tracer.traceId() });
  return {
    log,
    metrics,
    tracer,
    metricsText: () => metrics.text(),
    close: async () => {
      await tracer.close();
      metrics.clear();
    },
  };
}
