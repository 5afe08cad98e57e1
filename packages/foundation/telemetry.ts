/** Structured facts on a log line or a span; OpenTelemetry attribute names where one exists. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes structured log lines. */
export interface Logger {
  debug(message: string, attributes?: Attributes): void;
  info(message: string, attributes?: Attributes): void;
  warn(message: string, attributes?: Attributes): void;
  /** `error` is logged with its stack and cause chain. */
  error(message: string, error: unknown, attributes?: Attributes): void;
  /** A logger that adds these attributes to every line. */
  with(attributes: Attributes): Logger;
}

/** Counts and measures. Names follow OpenTelemetry/Prometheus conventions; labels must be low-cardinality. */
export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  /** Records a duration in seconds. */
  time(name: string, seconds: number, labels?: Readonly<Record<string, string>>): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}

/** A finished span as the trace view shows it. Times are Unix milliseconds. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failed: boolean;
  readonly attributes: Attributes;
}

/** Follows one piece of work across services (W3C Trace Context). */
export interface Tracer {
  /** Runs `work` inside a span, child of the current one or of `parent` (a `traceparent` header). Failures are recorded and rethrown. */
  span<Result>(name: string, options: SpanOptions, work: () => Promise<Result>): Promise<Result>;
  /** Adds attributes to the current span, if there is one; `error.type` marks it as failed. */
  annotate(attributes: Attributes): void;
  /** The `traceparent` of the current span, to hand to another service or to store with queued work. */
  traceparent(): string | undefined;
  /** The trace id of the current span. */
  traceId(): string | undefined;
  /** Spans of a trace that this process still remembers (bounded), oldest first. */
  recent(traceId: string): readonly FinishedSpan[];
}

export interface SpanOptions {
  readonly parent?: string | undefined;
  readonly attributes?: Attributes;
}

/** The three ports that every part is given. */
export interface Telemetry {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
}

const silentLog: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};

/** Telemetry that goes nowhere, for tests of parts whose telemetry does not matter. */
export const silentTelemetry: Telemetry = {
  log: silentLog,
  metrics: { count: () => undefined, time: () => undefined, gauge: () => undefined },
  tracer: {
    span: (_name, _options, work) => work(),
    annotate: () => undefined,
    traceparent: () => undefined,
    traceId: () => undefined,
    recent: () => [],
  },
};
