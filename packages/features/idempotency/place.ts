import type { SecretPlace } from '../vault/index.ts';

interface AnswerPlace {
  readonly tenantId: string;
  readonly operation: string;
  readonly key: string;
}

/** How a remembered answer is bound to its place. */
export function placeOf({ tenantId, operation, key }: AnswerPlace): SecretPlace {
  return { tenantId, table: 'idempotency_keys', row: `${operation} ${key}`, field: 'response' };
}
