import type { NewId } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Events } from '../events/index.ts';
import { wants } from './filter.ts';
import { payloadOf } from './payload.ts';
import { insertDeliveries } from './store-deliveries.ts';
import { lockFollowing, movePosition, selectFollowing } from './store-endpoints.ts';

export interface DispatchOptions {
  readonly database: Database;
  readonly events: Pick<Events, 'readAfter'>;
  readonly newId: NewId;
}

/** What one look at the feed gave an endpoint. */
export interface Dispatched {
  /** Events that were read. */
  readonly read: number;
  /** Deliveries that were made of them. */
  readonly made: number;
  /** Whether there may be more to read at once. */
  readonly more: boolean;
}

const batch = 200;
const nothing: Dispatched = { read: 0, made: 0, more: false };

/** The endpoints of an organization that follow the feed. */
export function followingEndpoints({ database }: DispatchOptions, tenantId: string): Promise<readonly string[]> {
  return database.tenant(tenantId, selectFollowing);
}

/**
 * Makes deliveries of the next events for one endpoint. The deliveries and the endpoint's position commit together, so an
 * event is skipped by no crash; and a position that is read twice meets deliveries that exist.
 */
export async function dispatchTo(
  options: DispatchOptions,
  tx: Tx,
  { tenantId, endpointId }: { readonly tenantId: string; readonly endpointId: string },
): Promise<Dispatched> {
  const endpoint = await lockFollowing(tx, endpointId);
  if (endpoint === undefined) return nothing;
  const placed = await options.events.readAfter(tx, endpoint.position, batch);
  const last = placed.at(-1);
  if (last === undefined) return nothing;
  const deliveries = placed
    .filter(({ event }) => wants(endpoint.eventTypes, event.type))
    .map(({ event, position }) => ({
      id: options.newId(),
      eventType: event.type,
      payload: payloadOf(tenantId, event),
      position,
    }));
  const made = await insertDeliveries(tx, endpointId, deliveries);
  await movePosition(tx, endpointId, last.position);
  return { read: placed.length, made, more: placed.length === batch };
}
