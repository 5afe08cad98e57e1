import { randomBytes } from 'node:crypto';
import { Secret } from '@devmesh/foundation';
import { createMasterKeys, type MasterKeys } from '@devmesh/infrastructure';

/** A random master key, and no previous one. */
export function newMasterKeys(): MasterKeys {
  return createMasterKeys({ current: new Secret(randomBytes(32).toString('base64')) });
}
