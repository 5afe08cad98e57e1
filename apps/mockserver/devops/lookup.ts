import { invalid, problem } from '../problem.ts';
import type { DevopsState } from './state.ts';

/** The record with this id, or a 404. */
export function found<Item>(items: ReadonlyMap<string, Item>, id: string): Item {
  const item = items.get(id);
  if (item === undefined) throw problem(404, `There is no ${id}. The matching list operation shows what exists.`);
  return item;
}

/** Refuses (422) a body that names a service that does not exist; null names none. */
export function requireService(state: DevopsState, id: string | null): void {
  if (id === null || state.services.has(id)) return;
  throw invalid([{ path: 'body.serviceId', message: `There is no service ${id}.` }]);
}
