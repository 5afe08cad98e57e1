import type { SealedColumn } from '../../vault/index.ts';
import { environmentColumn } from '../upstream-mcp/sealed-environment.ts';
import { placeOf } from './sealed-credential.ts';

/** What tools keep sealed. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    table: 'organization_tools',
    column: 'sealed',
    key: { tool_id: 'uuid', slot: 'text', holder: 'text' },
    place: (tenantId, { tool_id: toolId = '', slot = '', holder = '' }) =>
      placeOf(tenantId, { toolId, slot, userId: holder === '' ? null : holder }),
  },
  environmentColumn,
];
