import type { SealedColumn, SecretPlace } from '../vault/index.ts';

type SealedTable = 'oauth_providers' | 'connections' | 'tool_tokens';

/** Where a secret of a row of this feature is stored. */
export function placeOf(tenantId: string, table: SealedTable, row: string, field: string): SecretPlace {
  return { tenantId, table, row, field };
}

function columnOf(table: SealedTable, column: string, id: 'id' | 'tool_id'): SealedColumn {
  return {
    table,
    column,
    key: { [id]: 'uuid' },
    place: (tenantId, key) => placeOf(tenantId, table, key[id] ?? '', column),
  };
}

/** Every column of this feature that the vault sealed. */
export const sealedColumns: readonly SealedColumn[] = [
  columnOf('oauth_providers', 'sealed_client_secret', 'id'),
  columnOf('connections', 'sealed_access', 'id'),
  columnOf('connections', 'sealed_refresh', 'id'),
  columnOf('tool_tokens', 'sealed', 'tool_id'),
];
