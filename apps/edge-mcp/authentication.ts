import { createHash } from 'node:crypto';
import { createClient, type Fetch } from '@devmesh/api';
import { MeshError, type Tracer } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import type { EdgePrincipal } from './principal.ts';

interface AuthenticationOptions {
  /** Origin of the platform. */
  readonly platformUrl: string;
  readonly fetch: Fetch;
  readonly tracer: Tracer;
}

/** Asks the platform who a key is. */
export interface Authentication {
  /** Throws `unauthenticated` when the platform does not know the key, `unavailable` when it does not answer. */
  authenticate(authorization: string | undefined): Promise<EdgePrincipal>;
}

/** HTTP clients authenticate with every request; this long, the platform is not asked again. Calls themselves always ask. */
const rememberMilliseconds = 5_000;

/** Builds authentication. A key is remembered under its hash, so that memory does not hold it twice. */
export function createAuthentication({ platformUrl, fetch, tracer }: AuthenticationOptions): Authentication {
  const known = new LRUCache<string, EdgePrincipal>({ max: 10_000, ttl: rememberMilliseconds });
  return {
    authenticate: async (authorization) => {
      const key = /^Bearer ([\w-]{1,200})$/u.exec(authorization ?? '')?.[1];
      if (key === undefined) throw new MeshError('unauthenticated', 'The request has no bearer key.');
      const hash = createHash('sha256').update(key).digest('base64');
      const remembered = known.get(hash);
      if (remembered !== undefined) return remembered;
      const client = createClient({ baseUrl: platformUrl, fetch, key, traceparent: () => tracer.traceparent() });
      const principal = { client, identity: await client.identity.whoAmI() };
      known.set(hash, principal);
      return principal;
    },
  };
}
