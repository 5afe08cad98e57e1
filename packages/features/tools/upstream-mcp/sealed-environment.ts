import type { SealedColumn, SecretPlace } from '../../vault/index.ts';

/** How the environment of a program is bound to its place. */
export function environmentPlace({
  tenantId,
  toolId,
}: {
  readonly tenantId: string;
  readonly toolId: string;
}): SecretPlace {
  return { tenantId, table: 'upstream_servers', row: toolId, field: 'sealed_environment' };
}

/** The environments of programs, which may hold secrets. */
export const environmentColumn: SealedColumn = {
  table: 'upstream_servers',
  column: 'sealed_environment',
  key: { tool_id: 'uuid' },
  place: (tenantId, { tool_id: toolId = '' }) => environmentPlace({ tenantId, toolId }),
};
