import type { SealedColumn, SecretPlace } from '../vault/index.ts';
import type { TokenHolder } from './store-tool-tokens.ts';

type SealedTable = 'oauth_providers' | 'connections' | 'tool_tokens';

/** Where a secret of a row of this feature is stored. */
export function placeOf(tenantId: string, table: SealedTable, row: string, field: string): SecretPlace {
  return { tenantId, table, row, field };
}

/** The row of a token: its service, and what tells the credentials of one apart. */
export function tokenRow({ toolId, slot, holder }: TokenHolder): string {
  return slot === '' && holder === '' ? toolId : `${toolId} ${holder} ${slot}`;
}

function columnOf(table: SealedTable, column: string): SealedColumn {
  return {
    table,
    column,
    key: { id: 'uuid' },
    place: (tenantId, key) => placeOf(tenantId, table, key['id'] ?? '', column),
  };
}

/** Every column of this feature that the vault sealed. */
export const sealedColumns: readonly SealedColumn[] = [
  columnOf('oauth_providers', 'sealed_client_secret'),
  columnOf('connections', 'sealed_access'),
  columnOf('connections', 'sealed_refresh'),
  {
    table: 'tool_tokens',
    column: 'sealed',
    key: { tool_id: 'uuid', slot: 'text', holder: 'text' },
    place: (tenantId, { tool_id: toolId = '', slot = '', holder = '' }) =>
      placeOf(tenantId, 'tool_tokens', tokenRow({ toolId, slot, holder }), 'sealed'),
  },
];
