import type { EventType } from '@devmesh/api';

/** What tells of deliveries themselves is never delivered: a failing endpoint would go on making work for itself. */
const undelivered: ReadonlySet<EventType> = new Set<EventType>(['delivery.failed', 'endpoint.disabled']);

/** Whether an endpoint with these patterns wants an event: `*` is everything, `task.*` whatever begins with `task.`. */
export function wants(patterns: readonly string[], type: EventType): boolean {
  return !undelivered.has(type) && patterns.some((pattern) => matches(pattern, type));
}

function matches(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}
