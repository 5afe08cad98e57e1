import { createHash } from 'node:crypto';
import { createClient, resourceHeader, type Fetch } from '@devmesh/api';
import { MeshError, Secret, systemClock, type Clock, type Tracer } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import { createCredential, type Credential } from './authorization/credential.ts';
import { readUpstreamCredentials } from './authorization/upstream-credentials.ts';
import type { EdgePrincipal } from './principal.ts';

interface AuthenticationOptions {
  /** Origin of the platform. */
  readonly platformUrl: string;
  readonly fetch: Fetch;
  readonly tracer: Tracer;
  readonly clock?: Clock;
}

/** What a client presents, and where. */
interface Presented {
  /** The endpoint: an access token must have been issued for just this. */
  readonly resource: string;
  readonly authorization: string | undefined;
  /** The tool set whose endpoint it is. */
  readonly set?: string | undefined;
  /** Whether it is the endpoint of the meta tools. */
  readonly meta?: boolean | undefined;
  /** All headers, for the person's own credentials for services among them. */
  readonly headers: Iterable<readonly [string, string | undefined]>;
}

/** Asks the platform who a key or an access token is. */
export interface Authentication {
  /** Throws `unauthenticated` when the platform does not take the credential at this resource, `unavailable` when it does not answer. */
  authenticate(presented: Presented): Promise<EdgePrincipal>;
}

type Known = Pick<EdgePrincipal, 'identity' | 'client'> & { readonly credential: Credential };

/** HTTP clients authenticate with every request; this long, the platform is not asked again. Calls themselves always ask. */
const rememberMilliseconds = 5_000;

const bearer = /^Bearer +([\w.~+/-]{1,4096}=*)$/iu;

/** Builds authentication. A credential is remembered under its hash, so that memory does not hold it twice. */
export function createAuthentication(options: AuthenticationOptions): Authentication {
  const known = new LRUCache<string, Known>({ max: 10_000, ttl: rememberMilliseconds });
  const credentials = new LRUCache<string, Credential>({ max: 20_000 });
  return {
    authenticate: async ({ resource, authorization, set, meta, headers }) => {
      const token = bearer.exec(authorization ?? '')?.[1];
      if (token === undefined) throw new MeshError('unauthenticated', 'The request has no bearer key or access token.');
      const hash = createHash('sha256').update(`${resource} ${token}`).digest('base64');
      const remembered = known.get(hash);
      const principal = remembered ?? (await ask(options, credentials, { resource, token }));
      if (remembered === undefined) known.set(hash, principal);
      return { ...principal, set, meta, upstream: readUpstreamCredentials(headers) };
    },
  };
}

interface Asking {
  readonly resource: string;
  readonly token: string;
}

async function ask(
  { platformUrl, fetch, tracer, clock = systemClock }: AuthenticationOptions,
  credentials: LRUCache<string, Credential>,
  { resource, token }: Asking,
): Promise<Known> {
  const secret = new Secret(token);
  const fresh = createCredential(secret, clock);
  const clientOf = (credential: Credential) =>
    createClient({
      baseUrl: platformUrl,
      fetch,
      key: () => credential.current(),
      headers: { [resourceHeader]: resource },
      traceparent: () => tracer.traceparent(),
    });
  const identity = await clientOf(fresh).identity.whoAmI();
  // The platform has compared them; that it did is not taken on trust.
  if (identity.audience !== undefined && identity.audience !== resource) {
    throw new MeshError('unauthenticated', 'The access token was issued for another resource.');
  }
  const name = `${resource} ${identity.organization.id} ${identity.keyId}`;
  const credential = credentials.get(name) ?? fresh;
  credential.present(secret);
  credentials.set(name, credential);
  return { identity, client: clientOf(credential), credential };
}
