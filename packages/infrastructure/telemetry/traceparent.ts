import { TraceFlags, type SpanContext } from '@opentelemetry/api';

const pattern =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<rest>-.*)?$/u;

/** Reads a W3C `traceparent` header; undefined where it is not valid, so that a new trace starts instead. */
export function parseTraceparent(header: string): SpanContext | undefined {
  const groups = pattern.exec(header.trim())?.groups;
  if (groups === undefined) return undefined;
  const { version = 'ff', traceId = '', spanId = '', flags = '0', rest } = groups;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/u.test(traceId) || /^0+$/u.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

/** Writes a W3C `traceparent` header. */
export function formatTraceparent(context: SpanContext): string {
  return `00-${context.traceId}-${context.spanId}-${context.traceFlags.toString(16).padStart(2, '0')}`;
}
