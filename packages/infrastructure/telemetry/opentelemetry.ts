import { MeshError, type Attributes, type FinishedSpan, type SpanOptions, type Tracer } from '@devmesh/foundation';
import { ROOT_CONTEXT, SpanStatusCode, trace, type Context, type HrTime, type Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { redactAttributes, redactText } from './redact.ts';
import { createSpanRing, type SpanRing } from './span-ring.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

interface TracerOptions {
  readonly service: string;
  /** Finished spans kept for `recent`. Default 20,000. */
  readonly rememberedSpans?: number;
}

/** A tracer that releases what it holds. */
export type ClosableTracer = Tracer & { close(): Promise<void> };

const spanLimits = { attributeCountLimit: 64, attributeValueLengthLimit: 1_024 } as const;

/**
 * A tracer on OpenTelemetry's SDK. Nothing is registered globally: each has its own context and memory.
 * It keeps every span, since memory is bounded and a trace view with holes misleads.
 */
export function createTracer(options: TracerOptions): ClosableTracer {
  const ring = createSpanRing(options.rememberedSpans ?? 20_000);
  const contexts = new AsyncLocalStorageContextManager().enable();
  const provider = new BasicTracerProvider({
    sampler: new AlwaysOnSampler(),
    spanLimits,
    spanProcessors: [rememberIn(ring)],
  });
  const tracer = provider.getTracer(options.service);
  const current = (): Span | undefined => trace.getSpan(contexts.active());
  return {
    span: (name, spanOptions, work) => {
      const parent = parentContext(spanOptions, contexts.active());
      const attributes = redactAttributes(spanOptions.attributes ?? {});
      const span = tracer.startSpan(name, { attributes, startTime: now() }, parent);
      return contexts.with(trace.setSpan(parent, span), () => finish(span, work));
    },
    annotate: (attributes) => {
      annotate(current(), attributes);
    },
    traceparent: () => {
      const span = current();
      return span === undefined ? undefined : formatTraceparent(span.spanContext());
    },
    traceId: () => current()?.spanContext().traceId,
    recent: (traceId) => ring.of(traceId),
    close: async () => {
      contexts.disable();
      await provider.shutdown();
    },
  };
}

/** Unix milliseconds of one steady clock for all spans, so that a child never seems to outlast its parent. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function parentContext(options: SpanOptions, active: Context): Context {
  const remote = options.parent === undefined ? undefined : parseTraceparent(options.parent);
  return remote === undefined ? active : trace.setSpanContext(ROOT_CONTEXT, remote);
}

/** Not by await, which takes several promises for each of the spans that every call has. */
function finish<Result>(span: Span, work: () => Promise<Result>): Promise<Result> {
  const failed = (error: unknown): never => {
    // Only our own sentences are safe to show; a foreign message may hold anything.
    const known = error instanceof MeshError;
    const type = known ? error.code : error instanceof Error ? error.name : typeof error;
    annotate(span, { 'error.type': type, ...(known ? { 'error.message': redactText(error.message) } : {}) });
    span.end(now());
    throw error;
  };
  const succeeded = (result: Result): Result => {
    span.end(now());
    return result;
  };
  try {
    return work().then(succeeded, failed);
  } catch (error) {
    return Promise.resolve().then(() => failed(error));
  }
}

/** By the semantic conventions a span has `error.type` exactly when it failed. */
function annotate(span: Span | undefined, attributes: Attributes): void {
  span?.setAttributes(redactAttributes(attributes));
  if (attributes['error.type'] !== undefined) span?.setStatus({ code: SpanStatusCode.ERROR });
}

function rememberIn(ring: SpanRing): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd: (span) => {
      ring.add(finishedSpan(span));
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

function finishedSpan(span: ReadableSpan): FinishedSpan {
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    name: span.name,
    startedAt: milliseconds(span.startTime),
    endedAt: milliseconds(span.endTime),
    failed: span.status.code === SpanStatusCode.ERROR,
    attributes: span.attributes as Attributes,
  };
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1_000 + nanoseconds / 1e6;
}
