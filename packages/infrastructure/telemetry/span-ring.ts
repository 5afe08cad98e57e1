import type { FinishedSpan } from '@devmesh/foundation';

/** The last spans that finished, found by their trace. */
export interface SpanRing {
  /** Remembers a span and forgets the oldest one when full. */
  add(span: FinishedSpan): void;
  /** Spans of a trace, by the time they started. */
  of(traceId: string): readonly FinishedSpan[];
}

/** Remembers up to `capacity` spans. */
export function createSpanRing(capacity: number): SpanRing {
  const ring: FinishedSpan[] = [];
  const byTrace = new Map<string, FinishedSpan[]>();
  let oldest = 0;
  const forget = (span: FinishedSpan): void => {
    const spans = byTrace.get(span.traceId);
    // Spans leave in the order in which they came, so the oldest of the ring is the first of its trace.
    spans?.shift();
    if (spans?.length === 0) byTrace.delete(span.traceId);
  };
  return {
    add: (span) => {
      const replaced = ring[oldest];
      if (replaced !== undefined) forget(replaced);
      ring[oldest] = span;
      oldest = (oldest + 1) % capacity;
      const spans = byTrace.get(span.traceId);
      if (spans === undefined) byTrace.set(span.traceId, [span]);
      else spans.push(span);
    },
    of: (traceId) => (byTrace.get(traceId) ?? []).toSorted((a, b) => a.startedAt - b.startedAt),
  };
}
