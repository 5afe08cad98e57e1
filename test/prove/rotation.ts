import { openTestDatabase } from '@devmesh/testkit';
import { rotateUnderLoad, type RotationFigures } from '../../packages/features/vault/rotation.fixture.ts';

interface RotationProof {
  /** Default 10,000. */
  readonly secrets?: number;
}

/**
 * Rotates the key of an organization and the master key under load, on a database of its own (of DATABASE_URL's server, or
 * embedded). Proved are 0 failed reads and 0 lost writes.
 */
export async function proveRotation({ secrets = 10_000 }: RotationProof = {}): Promise<RotationFigures> {
  const database = await openTestDatabase();
  try {
    return await rotateUnderLoad({ database, secrets, readers: 4, writers: 1 });
  } finally {
    await database.close();
  }
}
