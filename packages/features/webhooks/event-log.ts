import { MeshError } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import type { Principal } from '../identity/index.ts';
import type { Page } from '../paging.ts';
import { listById, type PageRequest } from './list.ts';
import {
  selectEvents,
  selectEventWithPayload,
  type EventRow,
  type EventStatus,
  type PayloadRow,
} from './store-events.ts';

/** What sources sent. */
export interface EventLog {
  listEvents(principal: Principal, page: PageRequest & { status?: EventStatus | undefined }): Promise<Page<EventRow>>;
  /** Throws `not_found`. */
  getEvent(principal: Principal, eventId: string): Promise<PayloadRow>;
}

/** Builds the log of received webhooks. */
export function createEventLog({ database }: { readonly database: Database }): EventLog {
  return {
    listEvents: (principal, { status, ...page }) =>
      listById(page, (after, limit) =>
        database.tenant(principal.tenantId, (tx) => selectEvents(tx, { after, limit, status })),
      ),
    getEvent: async (principal, eventId) => {
      const row = await database.tenant(principal.tenantId, (tx) => selectEventWithPayload(tx, eventId));
      if (row === undefined) throw new MeshError('not_found', `There is no webhook event ${eventId}.`);
      return row;
    },
  };
}
