import { MeshError } from '@devmesh/foundation';
import type { Mesh } from './mesh.ts';

/** The keys of the first start; they exist in clear only in this process. */
export interface FirstKeys {
  readonly admin: string;
  /** A key of type `user`, for coding agents: it calls tools but changes no settings. */
  readonly user: string;
}

/** Registers the organization `home` on the very first start; undefined on every later one. */
export async function registerHome({ features }: Pick<Mesh, 'features'>): Promise<FirstKeys | undefined> {
  const { identity } = features;
  try {
    const { adminKey } = await identity.register({ slug: 'home', name: 'Home' });
    const admin = await identity.authenticate(adminKey.token.open());
    const issued = await identity.createKey(admin, { name: 'coding agents', type: 'user' }, async () => undefined);
    return { admin: adminKey.token.open(), user: issued.token.open() };
  } catch (error) {
    if (error instanceof MeshError && error.code === 'conflict') return undefined;
    throw error;
  }
}
