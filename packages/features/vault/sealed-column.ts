import type { SecretPlace } from './sealed.ts';

/** A column of sealed texts, as the feature that owns its table declares it, so that they can be sealed anew. */
export interface SealedColumn {
  /** Of schema mcp. */
  readonly table: string;
  readonly column: string;
  /** The rest of the table's primary key after the tenant, in its order, with the types. */
  readonly key: Readonly<Record<string, 'uuid' | 'text'>>;
  /** The place that a row's text is sealed for, by the values of its key. */
  readonly place: (tenantId: string, key: Readonly<Record<string, string>>) => SecretPlace;
}
