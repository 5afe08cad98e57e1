import type { FinishedSpan } from '@devmesh/foundation';
import { paint } from '../output/style.ts';

const barWidth = 24;
const nameWidth = 46;
const mostSpans = 40;

/** A trace as a tree: who called what, when, and for how long. */
export function renderTrace(spans: readonly FinishedSpan[]): readonly string[] {
  const first = Math.min(...spans.map((span) => span.startedAt));
  const last = Math.max(...spans.map((span) => span.endedAt));
  const known = new Set(spans.map((span) => span.spanId));
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined || !known.has(parentSpanId));
  const lines: string[] = [];
  const draw = (span: FinishedSpan, depth: number): void => {
    lines.push(renderSpan(span, depth, { first, total: Math.max(1, last - first) }));
    for (const child of spans.filter(({ parentSpanId }) => parentSpanId === span.spanId)) draw(child, depth + 1);
  };
  for (const root of roots) draw(root, 0);
  const hidden = lines.length - mostSpans;
  return hidden > 0 ? [...lines.slice(0, mostSpans), paint('dim', `… and ${String(hidden)} more spans`)] : lines;
}

function renderSpan(span: FinishedSpan, depth: number, { first, total }: { first: number; total: number }): string {
  const start = Math.min(barWidth - 1, Math.floor(((span.startedAt - first) / total) * barWidth));
  const length = Math.max(1, Math.round(((span.endedAt - span.startedAt) / total) * barWidth));
  const bar = ' '.repeat(start) + '█'.repeat(Math.min(length, barWidth - start));
  const name = `${'  '.repeat(depth)}${span.name}`;
  const shown = name.length <= nameWidth ? name.padEnd(nameWidth) : `${name.slice(0, nameWidth - 1)}…`;
  const milliseconds = `${(span.endedAt - span.startedAt).toFixed(0)} ms`.padStart(9);
  return `${span.failed ? paint('red', shown) : shown} ${paint('cyan', bar.padEnd(barWidth))} ${milliseconds}`;
}

interface AuditLine {
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly outcome: string;
  readonly subject: string;
}

/** The audit trail, oldest first. */
export function renderAudit(entries: readonly AuditLine[]): readonly string[] {
  return entries.toReversed().map(({ at, actor, action, outcome, subject }) => {
    const who = actor.length <= 20 ? actor : `${actor.slice(0, 8)}…${actor.slice(-8)}`;
    const mark = outcome === 'allowed' ? paint('green', outcome) : paint('red', outcome);
    return `${paint('dim', at.slice(11, 23))} ${who.padEnd(20)} ${action.padEnd(28)} ${mark} ${paint('dim', subject)}`;
  });
}
