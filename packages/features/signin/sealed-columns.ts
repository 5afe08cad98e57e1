import type { SealedColumn, SecretPlace } from '../vault/index.ts';

/** Where the client secret of an organization's identity provider is sealed for. */
export function clientSecretPlace(tenantId: string, id: string): SecretPlace {
  return { tenantId, table: 'identity_providers', row: id, field: 'client_secret' };
}

/** What the vault seals for sign-ins. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    table: 'identity_providers',
    column: 'client_secret',
    key: { id: 'uuid' },
    place: (tenantId, { id = '' }) => clientSecretPlace(tenantId, id),
  },
];
