import type { SealedColumn } from '../../vault/index.ts';
import { placeOf } from './sealed-credential.ts';

/** What tools keep sealed. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    table: 'organization_tools',
    column: 'sealed',
    key: { tool_id: 'uuid' },
    place: (tenantId, { tool_id: toolId = '' }) => placeOf({ tenantId, toolId }),
  },
];
