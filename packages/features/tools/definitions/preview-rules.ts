import type { RouteRule } from './route-rules.ts';
import { firstRule } from './route-rules.ts';
import type { KnownDefinition } from './store-definitions.ts';

/** What route rules would make of the operations of a service. */
export interface RulesPreview {
  readonly operations: number;
  /** The first of them. */
  readonly changes: readonly RulesChange[];
  readonly total: number;
  /** Rules that are the first to fit for no operation. */
  readonly unused: readonly number[];
}

interface RulesChange {
  readonly key: string;
  readonly name: string;
  readonly before: RouteRule['as'];
  readonly after: RouteRule['as'];
  readonly rule?: number;
}

interface Previewing {
  readonly known: readonly KnownDefinition[];
  /** Those that hold, and those that would hold, each with those of the organization behind. */
  readonly before: readonly RouteRule[];
  readonly after: readonly RouteRule[];
  /** How many of `after` are the new ones. */
  readonly count: number;
}

const most = 500;

/** Compares what rules make of operations with what others would. */
export function previewOf({ known, before, after, count }: Previewing): RulesPreview {
  const used = new Set<number>();
  const changes = known.flatMap((operation): readonly RulesChange[] => {
    const found = firstRule(after, operation);
    const at = found === undefined ? -1 : after.indexOf(found);
    used.add(at);
    const old = firstRule(before, operation)?.as ?? 'tool';
    const now = found?.as ?? 'tool';
    const rule = at >= 0 && at < count ? { rule: at } : {};
    return old === now ? [] : [{ key: operation.key, name: operation.name, before: old, after: now, ...rule }];
  });
  const unused = Array.from({ length: count }, (_, index) => index).filter((index) => !used.has(index));
  return { operations: known.length, changes: changes.slice(0, most), total: changes.length, unused };
}
