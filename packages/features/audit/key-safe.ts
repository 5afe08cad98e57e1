import type { Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';

/** Keeps secrets of a tenant unreadable in the database; the vault does. */
export interface KeySafe {
  seal(tx: Tx, place: Place, secret: Secret): Promise<Buffer>;
  open(tx: Tx, place: Place, sealed: Uint8Array): Promise<Secret>;
}

interface Place {
  readonly tenantId: string;
  readonly table: string;
  readonly row: string;
  readonly field: string;
}
