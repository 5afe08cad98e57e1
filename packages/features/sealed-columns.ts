import { sealedColumns as ofAudit } from './audit/index.ts';
import { sealedColumns as ofConnections } from './connections/index.ts';
import { sealedColumns as ofDeliveries } from './deliveries/index.ts';
import { sealedColumns as ofIdempotency } from './idempotency/index.ts';
import { sealedColumns as ofSignIn } from './signin/index.ts';
import { sealedColumns as ofTools } from './tools/index.ts';
import type { SealedColumn } from './vault/index.ts';
import { sealedColumns as ofWebhooks } from './webhooks/index.ts';

/** Every column that the vault seals texts of; the vault's keeper seals them anew when a key is replaced. */
export const sealedColumns: readonly SealedColumn[] = [
  ...ofAudit,
  ...ofIdempotency,
  ...ofSignIn,
  ...ofTools,
  ...ofConnections,
  ...ofWebhooks,
  ...ofDeliveries,
];
