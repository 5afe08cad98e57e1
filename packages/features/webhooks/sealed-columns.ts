import type { SealedColumn } from '../vault/index.ts';
import { secretPlace } from './inbox.ts';

/** What sources of webhooks keep sealed. A secret keeps its place when it becomes the previous one. */
export const sealedColumns: readonly SealedColumn[] = ['secret', 'previous_secret'].map((column) => ({
  table: 'webhook_sources',
  column,
  key: { id: 'uuid' },
  place: (tenantId, { id = '' }) => secretPlace(tenantId, id),
}));
