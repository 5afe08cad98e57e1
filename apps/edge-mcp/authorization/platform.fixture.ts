import { resourceHeader, upstreamAuthorizationHeader } from '@devmesh/api';
import { newId } from '@devmesh/foundation';

/** What a credential is, as the imitated platform answers it. */
export interface Known {
  readonly keyId: string;
  readonly audience?: string;
  readonly scopes: readonly string[];
  readonly role?: string;
}

interface Call {
  readonly path: string;
  readonly authorization: string | null;
  readonly resource: string | null;
  readonly upstream: string | null;
}

/** A platform of a few answers, which notes what the gateway sends. Credentials can be taken back and added while it runs. */
export function imitatePlatform(known: Map<string, Known>) {
  const calls: Call[] = [];
  const organization = { id: newId(), slug: 'acme', name: 'Acme', createdAt: new Date(0).toISOString() };
  const answers: Readonly<Record<string, (one: Known) => unknown>> = {
    '/api/v1/principal': ({ keyId, audience, scopes, role }) => ({
      organization,
      keyId,
      keyType: 'user',
      scopes,
      via: audience === undefined ? 'key' : 'sign-in',
      audience,
      ...(role === undefined ? {} : { user: { id: newId(), email: 'ada@acme.example', name: 'Ada', role } }),
    }),
    '/api/v1/principal/allowed': () => ({ operations: [] }),
    '/api/v1/catalogue': () => ({ items: [] }),
    '/api/v1/sessions': () => ({ sessionIds: [newId()] }),
    '/api/v1/sessions/close': () => undefined,
  };
  const answer = (path: string, one: Known): Response => {
    if (path.endsWith('/call')) return Response.json({ status: 200, isError: false, text: 'done', truncated: false });
    const body = answers[path]?.(one);
    return body === undefined ? new Response(null, { status: 204 }) : Response.json(body);
  };
  const fetch = (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname;
    const { headers } = request;
    const [authorization, resource] = [headers.get('authorization'), headers.get(resourceHeader)];
    calls.push({ path, authorization, resource, upstream: headers.get(upstreamAuthorizationHeader) });
    const one = known.get(authorization?.replace(/^Bearer /u, '') ?? '');
    if (one === undefined)
      return Promise.resolve(Response.json({ code: 'unauthenticated', detail: 'no' }, { status: 401 }));
    return Promise.resolve(answer(path, one));
  };
  return { fetch, calls };
}

/** What looks like an access token that ends then (Unix milliseconds). */
export function tokenUntil(endsAt: number, mark: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'EdDSA' })}.${part({ exp: Math.floor(endsAt / 1_000), mark })}.${'s'.repeat(86)}`;
}
