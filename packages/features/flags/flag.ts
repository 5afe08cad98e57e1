import type { operations, ResponseOf } from '@devmesh/api';

/** A feature flag of an organization. */
export type Flag = ResponseOf<typeof operations.flags.set>;

/** A value that a flag can have. */
export type FlagValue = Flag['variants'][string];

/** Whom a flag is evaluated for. */
export interface FlagSubject {
  /** The user, the agent or else the key: who gets which share is decided by it. */
  readonly targetingKey: string;
  readonly ids: readonly string[];
  readonly role: string | undefined;
  readonly keyType: string | undefined;
}

/** The kind of all values of a flag; undefined where they differ. */
export function kindOf(variants: Flag['variants']): Flag['kind'] | undefined {
  const kinds = new Set(Object.values(variants).map(kindOfValue));
  const [kind] = kinds;
  return kinds.size === 1 ? kind : undefined;
}

function kindOfValue(value: FlagValue): Flag['kind'] {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return 'number';
  return typeof value === 'string' ? 'string' : 'json';
}
