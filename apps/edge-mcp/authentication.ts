import { hash } from 'node:crypto';
import { createClient, resourceHeader, type Fetch, type Perform } from '@devmesh/api';
import { MeshError, Secret, systemClock, type Clock, type Tracer } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import { createCredential, type Credential } from './authorization/credential.ts';
import { readUpstreamCredentials } from './authorization/upstream-credentials.ts';
import { isOutage } from './platform/outage.ts';
import type { EdgePrincipal } from './principal.ts';

interface AuthenticationOptions {
  /** Origin of the platform. */
  readonly platformUrl: string;
  readonly fetch: Fetch;
  readonly perform?: Perform | undefined;
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
  /** What its address asks for of how things are shown. */
  readonly shown?: Pick<EdgePrincipal, 'names' | 'mode'> | undefined;
  /** All headers, for the person's own credentials for services among them. */
  readonly headers: Iterable<readonly [string, string | undefined]>;
}

/**
 * Asks the platform who a key or an access token is. While the platform does not answer, a credential that it has taken within the
 * last hour is taken on: whoever presents it gets what was listed before, and every call still asks the platform.
 */
export interface Authentication {
  /** Throws `unauthenticated` when the platform does not take the credential at this resource, `unavailable` when it does not answer. */
  authenticate(presented: Presented): Promise<EdgePrincipal>;
  /** The platform no longer takes a key: nothing remembers it any more. */
  forget(keyId: string): void;
}

type Known = Pick<EdgePrincipal, 'identity' | 'client'> & { readonly credential: Credential };

/** HTTP clients authenticate with every request; this long, the platform is not asked again. Calls themselves always ask. */
const rememberMilliseconds = 5_000;

const bearer = /^Bearer +([\w.~+/-]{1,4096}=*)$/iu;

/** While the platform is away, so long after it was verified a credential still opens a session. */
const trustMilliseconds = 3_600_000;
/** Who was verified before waits no longer for a platform that is silent. */
const patienceMilliseconds = 2_000;

/** Builds authentication. A credential is remembered under its hash, so that memory does not hold it twice. */
export function createAuthentication(options: AuthenticationOptions): Authentication {
  const { clock = systemClock } = options;
  const known = new LRUCache<string, Verified>({ max: 10_000 });
  const credentials = new LRUCache<string, Credential>({ max: 20_000 });
  const verify = async (digest: string, asking: Asking): Promise<Known> => {
    try {
      const principal = await ask(options, credentials, asking);
      known.set(digest, { principal, at: clock.now() });
      return principal;
    } catch (error) {
      if (!isOutage(error)) known.delete(digest);
      throw error;
    }
  };
  return {
    authenticate: async ({ resource, authorization, set, meta, shown, headers }) => {
      const token = bearer.exec(authorization ?? '')?.[1];
      if (token === undefined) throw new MeshError('unauthenticated', 'The request has no bearer key or access token.');
      const digest = hash('sha256', `${resource} ${token}`, 'base64');
      const verified = known.get(digest);
      const age = verified === undefined ? Infinity : clock.now() - verified.at;
      const principal =
        verified !== undefined && age < rememberMilliseconds
          ? verified.principal
          : await orAsBefore(
              verify(digest, { resource, token }),
              age < trustMilliseconds ? verified : undefined,
              clock,
            );
      const userAgent = userAgentOf(headers);
      return { ...principal, ...shown, userAgent, set, meta, upstream: readUpstreamCredentials(headers) };
    },
    forget: (keyId) => {
      for (const [digest, { principal }] of known.entries())
        if (principal.identity.keyId === keyId) known.delete(digest);
    },
  };
}

interface Verified {
  readonly principal: Known;
  /** When the platform said so. */
  readonly at: number;
}

/** What the platform says, or what it said before where it does not answer (in time) and the credential has not ended by itself. */
async function orAsBefore(asking: Promise<Known>, before: Verified | undefined, clock: Clock): Promise<Known> {
  if (before === undefined || before.principal.credential.lapsed()) return asking;
  const answered = new AbortController();
  const late = clock.sleep(patienceMilliseconds, answered.signal).then(() => before.principal);
  const asked = asking.catch((error: unknown) => {
    if (isOutage(error)) return before.principal;
    throw error;
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    answered.abort();
  }
}

function userAgentOf(headers: Presented['headers']): string | undefined {
  for (const [name, value] of headers) if (name.toLowerCase() === 'user-agent') return value?.slice(0, 200);
  return undefined;
}

interface Asking {
  readonly resource: string;
  readonly token: string;
}

async function ask(
  { platformUrl, fetch, perform, tracer, clock = systemClock }: AuthenticationOptions,
  credentials: LRUCache<string, Credential>,
  { resource, token }: Asking,
): Promise<Known> {
  const secret = new Secret(token);
  const fresh = createCredential(secret, clock);
  const clientOf = (credential: Credential) =>
    createClient({
      baseUrl: platformUrl,
      fetch,
      perform,
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
