import type { SealedColumn } from '../vault/index.ts';
import { placeOf } from './place.ts';

/** What idempotency keeps sealed. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    table: 'idempotency_keys',
    column: 'response',
    key: { operation: 'text', key: 'text' },
    place: (tenantId, { operation = '', key = '' }) => placeOf({ tenantId, operation, key }),
  },
];
