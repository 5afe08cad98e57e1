import { MeshError, toMeshError } from '@devmesh/foundation';
import type { Database, MasterKeys } from '@devmesh/infrastructure';
import { selectNewestKey } from './store-system.ts';
import { unwrapKey, wrapperOf } from './wrapped-key.ts';

interface CheckOptions {
  readonly database: Pick<Database, 'system'>;
  readonly masterKeys: MasterKeys;
}

/** Throws `wrong_secret`, with what to do, unless the configured master keys open the key that was stored last. */
export async function checkMasterKeys({ database, masterKeys }: CheckOptions): Promise<void> {
  const newest = await database.system('vault', selectNewestKey);
  if (newest === undefined) return;
  try {
    await unwrapKey(masterKeys, newest, newest.wrapped);
  } catch (error) {
    if (toMeshError(error).code !== 'wrong_secret') throw error;
    const wanted = wrapperOf(newest.wrapped) ?? 'unknown';
    const known = masterKeys.all().map(({ id }) => id);
    throw new MeshError(
      'wrong_secret',
      `Stored secrets were sealed under the master key ${wanted}; configured is ${known.join(', ')}.`,
    );
  }
}
