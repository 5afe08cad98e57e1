import type { SealedColumn } from '../vault/index.ts';
import { sealedPlace } from './lease.ts';

const sealedIn = (column: string, field: 'secret' | 'headers'): SealedColumn => ({
  table: 'webhook_endpoints',
  column,
  key: { id: 'uuid' },
  place: (tenantId, { id = '' }) => sealedPlace({ tenantId, endpointId: id }, field),
});

/** What endpoints of outbound webhooks keep sealed. A secret keeps its place when it becomes the previous one. */
export const sealedColumns: readonly SealedColumn[] = [
  sealedIn('secret', 'secret'),
  sealedIn('previous_secret', 'secret'),
  sealedIn('headers', 'headers'),
];
